-- compare.waits: items that met nobody who could take them in the compared range, and how long they waited, on both
-- sides. A wait that goes on at the end of the range is counted up to there.
-- kind: table
-- grain: one row per pool, kind and reason
-- columns:
--   pool_id: pool that had nobody for them, or sent them away
--   kind: hold, failover or queue
--   nobody_reason: what kept the member that came closest from taking them; null where the cause is another
--   one_count: such steps
--   other_count: the same on the other side
--   one_wait_p50_seconds: median wait
--   other_wait_p50_seconds: the same on the other side
--   one_wait_p95_seconds: wait that 95 of 100 did not exceed
--   other_wait_p95_seconds: the same on the other side
with

waits as (
    select 'one' as side, pool_id, kind, nobody_reason, from_at, until_at from one.fct_waits
    union all
    select 'other' as side, pool_id, kind, nobody_reason, from_at, until_at from other.fct_waits
),

measured as (
    select
        *,
        (epoch_us(least(coalesce(until_at, 'infinity'::timestamptz), getvariable('compared_until_at')))
            - epoch_us(from_at)) / 1000000 as wait_seconds,
    from waits
    where from_at >= getvariable('compared_from_at') and from_at < getvariable('compared_until_at')
),

final as (
    select
        pool_id,
        kind,
        nobody_reason,
        count(*) filter (side = 'one') as one_count,
        count(*) filter (side = 'other') as other_count,
        quantile_cont(wait_seconds, 0.5) filter (side = 'one') as one_wait_p50_seconds,
        quantile_cont(wait_seconds, 0.5) filter (side = 'other') as other_wait_p50_seconds,
        quantile_cont(wait_seconds, 0.95) filter (side = 'one') as one_wait_p95_seconds,
        quantile_cont(wait_seconds, 0.95) filter (side = 'other') as other_wait_p95_seconds,
    from measured
    group by all
)

select * from final order by pool_id, kind, nobody_reason nulls first
