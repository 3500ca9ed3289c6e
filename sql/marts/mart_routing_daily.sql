-- marts.mart_routing_daily: the items each pool was offered, those nobody was eligible for by reason, and how long they
-- had no owner.
-- kind: view
-- grain: one row per pool, day and reason
-- columns:
--   pool_id: the pool
--   offered_date: day in the project's time zone on which the pool was first offered the items
--   nobody_reason: what kept the member that came closest from taking the item when nobody was eligible; null for the
--     items that somebody took at once
--   item_count: items; an item that fails over counts in each pool it was offered to
--   failover_rate: of all items the pool was offered that day, those nobody was eligible for, for this reason, 0..1; null
--     on the row without a reason
--   held_count: of them, items that had to wait in the pool
--   failed_over_count: of them, items that another pool was offered
--   queued_count: of them, items that went to a queue
--   unassigned_count: of them, items that still have no owner
--   unassigned_p50_seconds: created to the first owner, or to when the item was withdrawn or closed, else to the frontier;
--     percentiles by nearest rank
--   unassigned_p95_seconds: the same
with

taken as (
    select item_seq, pool_id, decided_date, time_to_assign_seconds from marts.fct_sla where cause in ('rotation', 'redo')
),

nobody as (
    select
        item_seq,
        pool_id,
        min(from_date) as offered_date,
        arg_min(nobody_reason, decision_seq) as nobody_reason,
        min(created_at) as created_at,
        bool_or(kind = 'hold') as is_held,
        bool_or(kind = 'failover') as is_failed_over,
        bool_or(kind = 'queue') as is_queued,
    from marts.fct_waits
    where cause in ('nobody', 'hold_expired')
    group by all
),

given_up as (
    select item_seq, max(until_at) as given_up_at from marts.fct_waits where ended_by in ('withdraw', 'close') group by all
),

frontier as (
    select arg_max(frontier_at, run_id) as frontier_at from ops.runs
),

waited as (
    select
        nobody.*,
        taken.item_seq is null and given_up_at is null as is_unassigned,
        coalesce(
            taken.time_to_assign_seconds,
            (epoch_us(coalesce(given_up_at, frontier_at)) - epoch_us(created_at)) / 1000000
        ) as unassigned_seconds,
    from nobody
    cross join frontier
    left join taken using (item_seq)
    left join given_up using (item_seq)
),

offered as (
    select pool_id, offered_date, nobody_reason, is_held, is_failed_over, is_queued, is_unassigned, unassigned_seconds
    from waited
    union all
    select pool_id, decided_date, null, false, false, false, false, time_to_assign_seconds
    from taken
    anti join nobody using (item_seq, pool_id)
),

counted as (
    select
        pool_id,
        offered_date,
        nobody_reason,
        count(*) as item_count,
        count(*) filter (is_held) as held_count,
        count(*) filter (is_failed_over) as failed_over_count,
        count(*) filter (is_queued) as queued_count,
        count(*) filter (is_unassigned) as unassigned_count,
        quantile_disc(unassigned_seconds, 0.5) as unassigned_p50_seconds,
        quantile_disc(unassigned_seconds, 0.95) as unassigned_p95_seconds,
    from offered
    group by all
),

final as (
    select
        pool_id,
        offered_date,
        nobody_reason,
        item_count,
        if(nobody_reason is null, null, item_count / sum(item_count) over (partition by pool_id, offered_date))
            as failover_rate,
        * exclude (pool_id, offered_date, nobody_reason, item_count),
    from counted
)

select * from final
