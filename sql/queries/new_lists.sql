-- new_lists: the complete full lists of a source that came with the files of this run, the oldest first.
-- kind: query
-- step: staging
-- grain: one row per delivered_at
select
    files.delivered_at,
    (
        select max(earlier.delivered_at)
        from ops.ingested_files as earlier
        where earlier.source = $source and earlier.file_id < $first_new and earlier.rejected_count = 0
    ) as accepted_at,
    list(files.sha256 order by files.file_id) filter (files.file_id >= $first_new) as sums,
from ops.ingested_files as files
where files.source = $source
group by files.delivered_at
having max(files.file_id) >= $first_new
    and sum(files.rejected_count) = 0
    and count(*) filter (files.status = 'refused') = 0
    and (accepted_at is null or files.delivered_at > accepted_at)
order by files.delivered_at
