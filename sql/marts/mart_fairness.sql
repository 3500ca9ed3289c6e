-- marts.mart_fairness: items each member got, against what the weights give among those accruing at each decision. Leave
-- is not blamed: who was not there has no share of that decision.
-- kind: view
-- grain: one row per pool, member and period
-- columns:
--   pool_id: the pool
--   member_id: the member
--   period: day, week (from Monday), month or all
--   period_date: first day of the period in the project's time zone; null for all
--   assigned_count: items got by rotation, redo token or reassignment
--   assigned_share: of all items the pool gave in the period, 0..1
--   turn_count: turns charged, skipped ones included
--   weight_share: weight of the member of all weights of the pool now, 0..1
--   fair_share_count: turns due: sum over decisions of weight / weights of those accruing
--   deviation_turns: turns charged less turns due; summed up, the balance less settled turns with the sign turned
--   settled_turns: turns that leavers left to the member in the period; below zero: what it left itself, or took on
--   drift_sigma: deviation in standard deviations of a random draw with the same shares; rotation stays far below 2
--   is_drifting: the deviation is beyond what masks and limits explain: over 2 turns and over 3 sigma
with

shares as (
    select * from ops.fair_shares
),

weights as (
    select
        pool_id,
        member_id,
        weight / nullif(sum(weight) over (partition by pool_id), 0) as weight_share,
    from marts.dim_members
    where is_latest
),

periods as (
    select *, 'day' as period, decided_date as period_date from shares
    union all
    select *, 'week' as period, date_trunc('week', decided_date)::date as period_date from shares
    union all
    select *, 'month' as period, date_trunc('month', decided_date)::date as period_date from shares
    union all
    select *, 'all' as period, null::date as period_date from shares
),

sums as (
    select
        pool_id,
        member_id,
        period,
        period_date,
        sum(assigned_count)::bigint as assigned_count,
        sum(turn_count)::bigint as turn_count,
        sum(fair_share_parts) / 232792560000 as fair_share_count,
        sum(settled_parts) / 232792560000 as settled_turns,
    from periods
    group by all
),

final as (
    select
        sums.pool_id,
        sums.member_id,
        sums.period,
        sums.period_date,
        sums.assigned_count,
        sums.assigned_count / nullif(sum(sums.assigned_count) over by_period, 0) as assigned_share,
        sums.turn_count,
        weights.weight_share,
        round(sums.fair_share_count, 6) as fair_share_count,
        round(sums.turn_count - sums.fair_share_count, 6) as deviation_turns,
        round(sums.settled_turns, 6) as settled_turns,
        round(
            (sums.turn_count - sums.fair_share_count) / sqrt(nullif(
                sums.fair_share_count
                * (1 - sums.fair_share_count / nullif(sum(sums.fair_share_count) over by_period, 0)),
                0
            )),
            3
        ) as drift_sigma,
        coalesce(abs(deviation_turns) > 2 and abs(drift_sigma) > 3, false) as is_drifting,
    from sums
    left join weights using (pool_id, member_id)
    window by_period as (partition by sums.pool_id, sums.period, sums.period_date)
)

select * from final
