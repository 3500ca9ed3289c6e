-- int_batches: the deliveries of this run and the instant before which each can change nothing any more.
-- kind: temp
-- grain: one row per ingest_batch with new files or due items
-- columns:
--   ingest_batch: number of the delivery, growing for ever
--   delivered_at: when it was delivered
--   frontier_at: everything decided up to here was decided before this delivery was known; null for the very first
--   closes_at: what the delivery itself moves the frontier to
with

delivered as (
    select ingest_batch, max(delivered_at) as delivered_at
    from ops.ingested_files
    where run_id = getvariable('run_id') and ingest_batch is not null
    group by all
),

due as (
    select ingest_batch, max(created_at) as last_created_at
    from int_arrivals
    where role = 'due'
    group by all
),

closing as (
    select
        coalesce(delivered.ingest_batch, due.ingest_batch) as ingest_batch,
        delivered.delivered_at,
        greatest(least(delivered.delivered_at, getvariable('until_at')), due.last_created_at) as closes_at,
    from delivered
    full join due on due.ingest_batch = delivered.ingest_batch
),

final as (
    select
        ingest_batch,
        delivered_at,
        greatest(
            getvariable('frontier_at'),
            max(closes_at) over (order by ingest_batch rows between unbounded preceding and 1 preceding)
        ) as frontier_at,
        closes_at,
    from closing
)

select * from final order by ingest_batch
