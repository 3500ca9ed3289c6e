-- counters: what the router's state says that members were given in their last hour of their clock, local day and week is what
-- the decisions of these windows add up to, kept items that count included. Looked at: who got something in this run.
-- A date is that of the zone the member had when it was given. Days and weeks are left out of whom a change of the
-- first day of the week has met within them.
-- kind: check
with

touched as (select distinct pool_id, member_id from int_given where is_of_run),

state as (
    select states.*
    from ops.router_state as states
    semi join touched using (pool_id, member_id)
    where states.run_id = getvariable('run_id')
),

recent as (
    select
        given.pool_id,
        given.member_id,
        given.decided_at,
        state.hour_window,
        state.day_window,
        state.week_window,
    from int_given as given
    inner join state
        on state.pool_id = given.pool_id and state.member_id = given.member_id
        and epoch_us(given.decided_at) >= (state.week_window - 1) * 86400000000
),

placed as (
    select
        recent.*,
        pools.week_start_day,
        (epoch_us(recent.decided_at) + offsets.offset_us) // 3600000000 as shown_hour,
        if(
            shown_hour <= offsets.back_hour,
            offsets.back_us,
            greatest(shown_hour * 3600000000 - offsets.offset_us, offsets.since_us)
        ) as hour_no,
        (epoch_us(recent.decided_at) + offsets.offset_us) // 86400000000 as day_no,
        day_no - (day_no - recent.week_window + 14) % 7 as week_no,
    from recent
    inner join int_policies as policies
        on recent.decided_at >= policies.from_at and recent.decided_at < policies.until_at
    inner join int_policy_pools as pools on pools.version = policies.version and pools.pool_id = recent.pool_id
    inner join int_member_zones as zones
        on zones.pool_id = recent.pool_id and zones.member_id = recent.member_id
        and epoch_us(recent.decided_at) >= zones.from_us and epoch_us(recent.decided_at) < zones.until_us
    inner join int_zone_offsets as offsets
        on offsets.zone = zones.time_zone
        and epoch_us(recent.decided_at) >= offsets.from_us and epoch_us(recent.decided_at) < offsets.until_us
),

counted as (
    select
        pool_id,
        member_id,
        arg_max(hour_no, decided_at) as hour_window,
        arg_max(day_no, decided_at) as day_window,
        arg_max(week_no, decided_at) as week_window,
        count(*) filter (hour_no = placed.hour_window) as hour_count,
        count(*) filter (day_no = placed.day_window) as day_count,
        count(*) filter (week_no = placed.week_window) as week_count,
        count(distinct week_start_day) = 1 as is_steady,
    from placed
    group by all
),

final as (
    select pool_id, member_id
    from touched
    left join state using (pool_id, member_id)
    left join counted using (pool_id, member_id)
    where state.hour_window is null or counted.hour_window is distinct from state.hour_window
        or counted.hour_count <> state.hour_count
        or (
            is_steady and (state.day_window, state.day_count, state.week_window, state.week_count)
                is distinct from (counted.day_window, counted.day_count, counted.week_window, counted.week_count)
        )
)

select * from final
