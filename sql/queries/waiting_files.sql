-- waiting_files: undated files with rows that lie after the instant that was given.
-- kind: query
-- step: staging
-- grain: one row per file
with

dated as (
    select file_id, created_at as instant from staged_items
    union all
    select file_id, occurred_at from staged_activities
)

select source, sha256
from ops.ingested_files
where source in (select unnest($undated))
    and file_id in (select file_id from dated where instant > $given and instant <= $latest)
order by all
