-- known_instants: the newest instant, up to a bound, that a run, a record or a file name has.
-- kind: query
-- step: staging
-- grain: one row
select max(instant) from (
    select as_of_at as instant from ops.runs
    union all select created_at from staging.stg_items where created_at_code is null
    union all select occurred_at from staging.stg_activities where time_code is null
    union all select delivered_at from ops.ingested_files
)
where instant <= $latest
