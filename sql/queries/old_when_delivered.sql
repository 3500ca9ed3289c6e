-- old_when_delivered: sources whose items were mostly created long before they were delivered: history, by all appearances.
-- kind: query
-- step: quality
-- grain: one row per source of $sources
-- by: key(source)
select
    items.source,
    count(*) as item_count,
    count(*) filter (where items.created_at < files.delivered_at - to_days($history_days)) as old_count,
    max(files.delivered_at)::date - min(items.created_at)::date as day_count,
from staged_items as items
inner join ops.ingested_files as files using (file_id)
where list_contains($sources, items.source)
group by all
having item_count >= $fewest and old_count * 2 > item_count
order by items.source
