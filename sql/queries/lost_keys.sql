-- lost_keys: how many of a full list its next one lacks, and how many it named. An absence that had ended is not lost.
-- kind: query
-- step: staging
-- grain: one row
with

files as (
    select file_id, delivered_at from ops.ingested_files where source = $source and file_id is not null
),

keys as (
    select file_id, list_key, ended_on from int_listed_rows where source = $source
    union all
    select file_id, list_key, null from intermediate.int_refused_keys where source = $source
),

named as (
    select
        list_key,
        max(coalesce(ended_on, 'infinity'::date)) >= cast($now_at::timestamptz as date) as can_be_lost,
    from keys
    inner join files using (file_id)
    where files.delivered_at = $before_at and list_key is not null
    group by list_key
),

still_named as (
    select distinct list_key from keys inner join files using (file_id) where files.delivered_at = $now_at
)

select
    count(*) filter (still_named.list_key is null and can_be_lost) as lost_count,
    count(*) as named_count,
from named
left join still_named using (list_key)
