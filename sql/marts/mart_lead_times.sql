-- marts.mart_lead_times: what speed to lead is made of, so that late files, the router and people can be distinguished.
-- The parts of an item sum up to its speed to lead; the means of a row do too.
-- kind: view
-- grain: one row per pool and period in which items came to the owners who first touched them
-- columns:
--   pool_id: the pool; null for kept items
--   period: day, week (from Monday), month or all
--   period_date: first day of the period in the project's time zone; null for all
--   touched_count: items that somebody touched and of which it is stored when they were known
--   speed_to_lead_mean_seconds: created_at to the first touch by any owner
--   created_to_known_mean_seconds: until the item's delivery closed: late files
--   known_to_assigned_mean_seconds: until the owner who touched it got it: the router, who waits for working hours, and
--     owners before
--   assigned_to_told_mean_seconds: until that owner could know it: how often runs are
--   told_to_touched_mean_seconds: until the touch: people; 0 where they touched it before they were told
--   speed_to_lead_p50_seconds: as the mean, for the median item; likewise the others, which do not sum up
--   created_to_known_p50_seconds: late files
--   known_to_assigned_p50_seconds: the router
--   assigned_to_told_p50_seconds: how often runs are
--   told_to_touched_p50_seconds: people
with

instants as (
    select
        pool_id,
        decided_date,
        created_at,
        first_touch_at,
        -- What came after the touch took nobody's time.
        greatest(created_at, least(known_at, first_touch_at)) as by_known_at,
        greatest(by_known_at, least(applied_at, first_touch_at)) as by_assigned_at,
        greatest(by_assigned_at, least(coalesce(told_at, applied_at), first_touch_at)) as by_told_at,
    from marts.fct_sla
    where speed_to_lead_seconds is not null and known_at is not null
),

parts as (
    select
        pool_id,
        decided_date,
        epoch_us(first_touch_at) - epoch_us(created_at) as speed_to_lead,
        epoch_us(by_known_at) - epoch_us(created_at) as created_to_known,
        epoch_us(by_assigned_at) - epoch_us(by_known_at) as known_to_assigned,
        epoch_us(by_told_at) - epoch_us(by_assigned_at) as assigned_to_told,
        epoch_us(first_touch_at) - epoch_us(by_told_at) as told_to_touched,
    from instants
),

periods as (
    select *, 'day' as period, decided_date as period_date from parts
    union all
    select *, 'week' as period, date_trunc('week', decided_date)::date as period_date from parts
    union all
    select *, 'month' as period, date_trunc('month', decided_date)::date as period_date from parts
    union all
    select *, 'all' as period, null::date as period_date from parts
),

final as (
    select
        pool_id,
        period,
        period_date,
        count(*) as touched_count,
        avg(speed_to_lead) / 1000000 as speed_to_lead_mean_seconds,
        avg(created_to_known) / 1000000 as created_to_known_mean_seconds,
        avg(known_to_assigned) / 1000000 as known_to_assigned_mean_seconds,
        avg(assigned_to_told) / 1000000 as assigned_to_told_mean_seconds,
        avg(told_to_touched) / 1000000 as told_to_touched_mean_seconds,
        quantile_disc(speed_to_lead, 0.5) / 1000000 as speed_to_lead_p50_seconds,
        quantile_disc(created_to_known, 0.5) / 1000000 as created_to_known_p50_seconds,
        quantile_disc(known_to_assigned, 0.5) / 1000000 as known_to_assigned_p50_seconds,
        quantile_disc(assigned_to_told, 0.5) / 1000000 as assigned_to_told_p50_seconds,
        quantile_disc(told_to_touched, 0.5) / 1000000 as told_to_touched_p50_seconds,
    from periods
    group by all
)

select * from final
