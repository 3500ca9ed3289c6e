-- marts.mart_backlog_daily: what waited at the end of each day: items assigned, open and untouched, by member, and items
-- without an owner, by pool. The last day is counted as of the frontier.
-- kind: view
-- grain: one row per pool, member (null: the pool itself) and local date, from the first item on, zeros included
-- columns:
--   pool_id: the pool
--   member_id: the member; null for what the pool holds and what it sent to a queue
--   local_date: date of the member, or, where there is none, of the project
--   backlog_count: items the router gave to the member that were neither touched nor closed nor taken away by the end
--   held_count: items waiting in the pool for somebody eligible
--   queued_count: items the pool sent to a queue, not closed since
--   oldest_age_seconds: how long the oldest of them had been waiting so by then; null where nothing waits
with

waits as (
    select
        pool_id, owner_id as member_id, time_zone, 'assigned' as kind, applied_at as from_at,
        assigned_date as from_date, coalesce(cleared_date, 'infinity'::date) as until_date,
    from marts.fct_sla
    where cause <> 'kept'
    union all
    select
        pool_id, '' as member_id, time_zone, kind, from_at,
        from_date, if(until_at is null, 'infinity'::date, until_date) as until_date,
    from marts.fct_waits
    where kind <> 'failover'
),

days as (
    select members.pool_id, members.member_id, days.local_date, days.until_at
    from (
        select pool_id, member_id, max_by(time_zone, from_at) as time_zone, min(from_date) as first_date
        from waits
        group by all
    ) as members
    inner join marts.dim_days as days on days.time_zone = members.time_zone and days.local_date >= members.first_date
),

-- Only what was there at the end of a day matters; what came and went within one is left out early.
overnight as (
    select * from waits where until_date > from_date
),

changes as (
    select pool_id, member_id, from_date as local_date, kind, 1 as change from overnight
    union all
    select pool_id, member_id, until_date as local_date, kind, -1 as change from overnight
    union all
    select pool_id, member_id, local_date, null as kind, 0 as change from days
),

daily_changes as (
    select
        pool_id,
        member_id,
        local_date,
        coalesce(sum(change) filter (kind = 'assigned'), 0) as backlog_change,
        coalesce(sum(change) filter (kind = 'hold'), 0) as held_change,
        coalesce(sum(change) filter (kind = 'queue'), 0) as queued_change,
    from changes
    group by all
),

levels as (
    select
        pool_id,
        member_id,
        local_date,
        (sum(backlog_change) over so_far)::bigint as backlog_count,
        (sum(held_change) over so_far)::bigint as held_count,
        (sum(queued_change) over so_far)::bigint as queued_count,
    from daily_changes
    window so_far as (partition by pool_id, member_id order by local_date)
),

-- Of two that wait, the one that came later and leaves no later is never the oldest.
oldest as (
    select pool_id, member_id, from_at, until_date
    from overnight
    qualify until_date > coalesce(
        max(until_date) over (
            partition by pool_id, member_id order by from_at rows between unbounded preceding and 1 preceding
        ),
        '-infinity'::date
    )
),

-- Of each day, of what waits on after it, the first to leave: whatever left by then comes before the day.
longest as (
    select
        *,
        first_value(from_at ignore nulls) over (
            partition by pool_id, member_id
            order by local_date, until_at nulls first
            rows between current row and unbounded following
        ) as oldest_from_at,
    from (
        select pool_id, member_id, local_date, until_at, null::timestamptz as from_at from days
        union all
        select pool_id, member_id, until_date as local_date, null::timestamptz as until_at, from_at from oldest
    )
),

final as (
    select
        pool_id,
        nullif(member_id, '') as member_id,
        local_date,
        levels.backlog_count,
        levels.held_count,
        levels.queued_count,
        if(
            levels.backlog_count + levels.held_count + levels.queued_count > 0,
            (epoch_us(least(longest.until_at, frontier.frontier_at)) - epoch_us(longest.oldest_from_at)) / 1000000,
            null
        ) as oldest_age_seconds,
    from longest
    inner join levels using (pool_id, member_id, local_date)
    cross join (select arg_max(frontier_at, run_id) as frontier_at from ops.runs) as frontier
    where longest.until_at is not null
)

select * from final
