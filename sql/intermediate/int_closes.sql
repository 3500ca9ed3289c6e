-- int_closes: the instants of this run at which owners can know what was decided before.
-- kind: temp
-- grain: one row per close; with run_instant now one row, of the run itself, and those of runs that it passes again
-- key: close_at
-- columns:
--   close_at: decisions up to here, and after the close before, are told at told_at; infinity with run_instant now
--   told_at: when owners are told
--   ingest_batch: what this delivery tells, and those before it, is known by then; null: all that the run takes up
with

closes as (
    select known_at as close_at, ingest_batch from int_batches
    union all
    select closes_at as close_at, ingest_batch from int_batches
    union all
    select getvariable('as_of_at') as close_at, null as ingest_batch
),

final as (
    select close_at, close_at as told_at, min(ingest_batch) as ingest_batch
    from closes
    where not getvariable('is_now') and close_at is not null
    group by all
    union all
    select 'infinity'::timestamptz as close_at, getvariable('as_of_at') as told_at, null as ingest_batch
    where getvariable('is_now')
    union all
    select as_of_at as close_at, as_of_at as told_at, max(last_batch) as ingest_batch from int_past_runs group by all
)

select * from final
