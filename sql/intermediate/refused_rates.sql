-- refused_rates: the share of refused rows of each source of the run, rows that no reader could read included.
-- kind: temp
-- grain: one row per source with new rows
-- key: source
-- by: key(source)
-- columns:
--   source: the source
--   row_count: rows delivered
--   refused_count: of these refused
--   refused_share: share refused, 0 to 1; null where too few rows came to judge
with

delivered as (
    select source, sum(row_count)::bigint as row_count
    from ops.ingested_files
    where run_id = $run_id
    group by all
),

refused as (
    select source, count(distinct (file_id, row_number)) as refused_count
    from ops.quarantine
    where run_id = $run_id
    group by all
)

select
    delivered.source,
    delivered.row_count,
    coalesce(refused.refused_count, 0) as refused_count,
    -- Of a few rows a share says little: one bad row of one must not hold up everything else for ever.
    if(delivered.row_count >= $smallest_judged, refused_count / row_count, null) as refused_share,
from delivered
left join refused using (source)
order by delivered.source
