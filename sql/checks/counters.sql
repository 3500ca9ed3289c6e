-- counters: what the router's state says that members were given in their last hour of their clock, local day and week is what
-- the decisions of these windows add up to, kept items that count included. Looked at: who got something in this run.
-- A date is that of the zone the member had when it was given. Days and weeks are left out of whom a change of the
-- first day of the week has met within them.
-- kind: check
with

touched as (
    select distinct pool_id, member_id from int_given where is_of_run
),

state as (
    select
        states.pool_id, states.member_id,
        windows.span,
        windows.is_dated,
        (to_json(states) ->> (windows.span || '_window'))::bigint as state_window,
        (to_json(states) ->> (windows.span || '_count'))::bigint as state_count,
        (states.week_window + 3) % 7 as first_weekday,
    from (from ops.router_state where run_id = getvariable('run_id')) as states
    semi join touched using (pool_id, member_id)
    cross join int_limit_windows as windows
),

reach as (
    select pool_id, member_id, any_value(first_weekday) as first_weekday, min(state_window) filter (is_dated) - 1 as from_day
    from state
    group by all
),

recent as (
    select
        given.pool_id,
        given.member_id,
        given.decided_at,
        reach.first_weekday,
        pools.week_start_day,
        offsets.*,
    from int_given as given
    inner join reach
        on reach.pool_id = given.pool_id and reach.member_id = given.member_id
        and epoch_us(given.decided_at) >= reach.from_day * 86400000000
    inner join int_policies as policies
        on given.decided_at >= policies.from_at and given.decided_at < policies.until_at
    inner join int_policy_pools as pools on pools.version = policies.version and pools.pool_id = given.pool_id
    inner join int_member_zones as zones
        on zones.pool_id = given.pool_id and zones.member_id = given.member_id
        and epoch_us(given.decided_at) >= zones.from_us and epoch_us(given.decided_at) < zones.until_us
    inner join int_zone_offsets as offsets
        on offsets.zone = zones.time_zone
        and epoch_us(given.decided_at) >= offsets.from_us and epoch_us(given.decided_at) < offsets.until_us
),

-- A week is one that begins as that of the state does.
placed as (
    select
        recent.*,
        state.span,
        state.state_window,
        limit_window(
            state.span, epoch_us(recent.decided_at) + offset_us, offset_us, since_us, back_hour, back_us,
            recent.first_weekday
        ) as window_no,
    from recent
    inner join state using (pool_id, member_id)
),

counted as (
    select
        pool_id, member_id,
        span,
        arg_max(window_no, decided_at) as last_window,
        count(*) filter (window_no = state_window) as given_count,
        count(distinct week_start_day) = 1 as is_steady,
    from placed
    group by all
),

final as (
    select distinct pool_id, member_id
    from touched
    left join state using (pool_id, member_id)
    left join counted using (pool_id, member_id, span)
    where state.state_window is null
        or (
            (not state.is_dated or counted.is_steady)
            and (counted.last_window, counted.given_count) is distinct from (state.state_window, state.state_count)
        )
)

select * from final
