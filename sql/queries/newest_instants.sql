-- newest_instants: the newest instant that new rows and file names have, up to a bound and in all.
-- kind: query
-- step: staging
-- grain: one row
with

given as (
    select created_at as instant from staged_items where created_at_code is null or created_at_code = 'TIME_FUTURE'
    union all
    select occurred_at from staged_activities where time_code is null or time_code = 'TIME_FUTURE'
    union all
    select delivered_at from ops.ingested_files where run_id = $run_id and source in (select unnest($named))
)

select max(instant) filter (where instant <= $latest), max(instant) from given
