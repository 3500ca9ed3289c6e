-- totals_counted: what the router's state says that members were given since they joined, and users with limits over
-- all pools since ever, is what history adds up to, kept items that count included; of whom a policy lets join at an
-- instant, what the run before left and this run's decisions. What the fairness measures of this run say was given is
-- what its decisions say. Who was given nothing in this run is left with the counts of the run before, but for a
-- week that begins on another day now.
-- kind: check
with

given as (
    select pool_id, member_id, decided_at, is_kept from int_given where is_of_run
),

kept as (
    select pool_id, member_id, count(*) as kept_count from intermediate.int_counted_kept group by all
),

assigned as (
    select
        pool_id,
        member_id,
        sum(assigned_count) as assigned_count,
        sum(assigned_count) filter (run_id = getvariable('run_id')) as run_count,
    from ops.fair_shares
    group by all
),

history as (
    select pool_id, member_id, coalesce(assigned_count, 0) + coalesce(kept_count, 0) as total_count
    from assigned
    full join kept using (pool_id, member_id)
),

state as (from ops.router_state where run_id = getvariable('run_id')),

before as (
    from ops.router_state
    where run_id = (select max(run_id) from ops.router_state where run_id < getvariable('run_id'))
),

fresh as (
    select
        state.pool_id,
        state.member_id,
        count(given.decided_at) filter (epoch_us(given.decided_at) >= state.total_window) as since_count,
        count(given.decided_at) filter (not given.is_kept) as run_count,
        count(given.decided_at) as given_count,
    from state
    left join given using (pool_id, member_id)
    group by all
),

final as (
    select state.member_id
    from state
    inner join fresh using (pool_id, member_id)
    left join before using (pool_id, member_id)
    left join history using (pool_id, member_id)
    left join assigned using (pool_id, member_id)
    where coalesce(assigned.run_count, 0) <> fresh.run_count
        or state.total_count <> if(
            state.total_window <= 0,
            coalesce(history.total_count, 0),
            if(before.total_window = state.total_window, before.total_count, 0) + fresh.since_count
        )
        or (fresh.given_count = 0 and coalesce(before.hour_window >= 0, true) and [
            state.hour_window, state.hour_count, state.day_window, state.day_count
        ] <> [coalesce(count, 0) for count in [
            before.hour_window, before.hour_count, before.day_window, before.day_count
        ]])
        or (fresh.given_count = 0 and (state.week_window - coalesce(before.week_window, 0)) % 7 = 0 and (
            state.week_window <> coalesce(before.week_window, 0) or state.week_count <> coalesce(before.week_count, 0)
        ))
    union all
    select users.user_id
    from ops.router_users as users
    inner join (
        select member_id as user_id, sum(total_count) as total_count from history group by all
    ) as totals using (user_id)
    where users.user_id in (select user_id from int_policy_users) and users.total_count <> totals.total_count
)

select * from final
