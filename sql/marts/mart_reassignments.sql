-- marts.mart_reassignments: items that were taken from the members who had them, by why. Each is counted in the period in
-- which that member got it, so that a rate is a share of the same items.
-- kind: view
-- grain: one row per pool, member who lost or kept the items, period and cause; each cause, also where nothing was lost
-- columns:
--   pool_id: the pool; null for kept items
--   member_id: the member who had the items
--   period: day, week (from Monday), month or all
--   period_date: first day of the period in the project's time zone; null for all
--   cause: breach (the target was missed), decline (the member declined), departed or away (the member was gone), idle
--     (the member did nothing about it for long)
--   assigned_count: items the router gave to the member in the period; the same on all rows of it
--   reassigned_count: items that another member then got, for this cause
--   reassignment_rate: of the items given by the router, those that another member then got for this cause, 0..1; null
--     where none was given. Of an item with three owners the first two have lost it
--   late_touch_count: of those reassigned, the ones whose owner had touched them in time, told too late
--   queued_count: items that went from the member to a queue, for this cause
--   declined_count: items the member declined, also where nobody else took them; 0 on rows of the other cause
with

days as (
    select
        pool_id,
        owner_id as member_id,
        decided_date,
        lost_cause,
        count(*) filter (cause <> 'kept') as assigned_count,
        count(next_owner_id) as reassigned_count,
        count(*) filter (cause <> 'kept' and next_owner_id is not null) as reassigned_given_count,
        count(*) filter (is_late_touch and next_owner_id is not null) as late_touch_count,
        count(*) filter (lost_cause is not null and next_owner_id is null) as queued_count,
        count(*) filter (is_declined) as declined_count,
    from marts.fct_sla
    group by all
),

periods as (
    select *, 'day' as period, decided_date as period_date from days
    union all
    select *, 'week' as period, date_trunc('week', decided_date)::date as period_date from days
    union all
    select *, 'month' as period, date_trunc('month', decided_date)::date as period_date from days
    union all
    select *, 'all' as period, null::date as period_date from days
),

causes as (
    select unnest(['breach', 'decline', 'departed', 'away', 'idle']) as cause
),

final as (
    select
        periods.pool_id,
        periods.member_id,
        periods.period,
        periods.period_date,
        causes.cause,
        sum(assigned_count)::bigint as assigned_count,
        coalesce(sum(reassigned_count) filter (lost_cause = cause), 0)::bigint as reassigned_count,
        coalesce(sum(reassigned_given_count) filter (lost_cause = cause), 0)
            / nullif(sum(periods.assigned_count), 0) as reassignment_rate,
        coalesce(sum(late_touch_count) filter (lost_cause = cause), 0)::bigint as late_touch_count,
        coalesce(sum(queued_count) filter (lost_cause = cause), 0)::bigint as queued_count,
        coalesce(sum(declined_count) filter (cause = 'decline'), 0)::bigint as declined_count,
    from periods
    cross join causes
    group by all
)

select * from final
