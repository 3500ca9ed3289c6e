-- feed_lines: new files and rows of each source of items, by what became of them.
-- kind: query
-- step: report
-- grain: one row per source and outcome
-- by: key(source)
with

files as (
    select source, count(*) as files, sum(row_count)::bigint as row_count
    from int_run_files
    where source in (select source from int_feeds where canonical_table = 'items')
    group by all
),

outcomes as (
    select files.source, outcomes.outcome, sum(outcomes.row_count)::bigint as row_count
    from int_file_outcomes as outcomes
    inner join ops.ingested_files as files using (file_id)
    group by all
)

select files.source, files.files, coalesce(files.row_count, 0), outcomes.outcome, outcomes.row_count
from files
left join outcomes using (source)
order by all
