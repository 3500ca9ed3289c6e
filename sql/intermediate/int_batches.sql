-- int_batches: the deliveries of this run and the instant before which each can change nothing any more.
-- kind: temp
-- grain: one row per ingest_batch with new files, due items, activities whose time has come, or still to close
-- columns:
--   ingest_batch: number of the delivery, growing for ever
--   delivered_at: when it was delivered
--   frontier_at: everything decided up to here was decided before this delivery was known; null for the very first
--   known_at: its close: from here on its rows are known
--   closes_at: what the delivery itself moves the frontier to
with

-- A delivery that came after the until of its run closes in a later one.
delivered as (
    select ingest_batch, max(delivered_at) as delivered_at
    from (
        from int_run_files
        union all
        from ops.ingested_files where delivered_at > getvariable('frontier_at')::timestamptz
    )
    where ingest_batch is not null
    group by all
),

due as (
    select ingest_batch, max(created_at) as last_created_at
    from int_arrivals
    where role = 'due'
    group by all
),

-- What was final when a run took a delivery up is so in a restatement too.
found as (
    select last_batch, max(frontier_at) as found_at from int_past_runs group by all
),

reached as (
    select
        ingest_batch,
        delivered.delivered_at,
        greatest(
            -- LEAST passes over nulls: a delivery of an earlier run would seem to have come at the end of this one.
            if(delivered.delivered_at is null, null, least(delivered.delivered_at, getvariable('until_at'))),
            due.last_created_at,
            told.last_told_at
        ) as latest_at,
        coalesce(told.has_events, false)::bigint as step_count,
        -- What is told of an item that its own delivery decides, at the close, counts a microsecond after it.
        latest_at + to_microseconds(if((select bool_or(is_live) from int_feeds), step_count, 0)) as reached_at,
    from delivered
    full join due using (ingest_batch)
    full join int_told as told using (ingest_batch)
),

floored as (
    select
        reached.* exclude (reached_at),
        found.found_at,
        greatest(reached.reached_at, found.found_at + to_microseconds(reached.step_count)) as reached_at,
    from reached
    asof left join found on found.last_batch < reached.ingest_batch
),

-- A delivery closes at what it reaches, or, when it tells of events, a microsecond after the frontier it found, for
-- that is where late events count. Seen from so many microseconds back as there were such deliveries, it is a maximum.
stepped as (
    select *, (sum(step_count) over (order by ingest_batch))::bigint as steps from floored
),

closing as (
    select
        ingest_batch,
        delivered_at,
        latest_at,
        found_at,
        greatest(
            getvariable('frontier_at'),
            max(reached_at - to_microseconds(steps)) over (order by ingest_batch)
        ) + to_microseconds(steps) as closes_at,
    from stepped
),

final as (
    select
        ingest_batch,
        delivered_at,
        greatest(
            coalesce(lag(closes_at) over (order by ingest_batch), getvariable('frontier_at')), found_at
        ) as frontier_at,
        greatest(closing.delivered_at, closing.latest_at, frontier_at) as known_at,
        closes_at,
    from closing
)

select * from final order by ingest_batch
