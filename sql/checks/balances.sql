-- balances: the balances of a pool sum to zero, and each is what its history adds up to.
-- kind: check
with

state as (
    select pool_id, member_id, balance
    from ops.router_state
    where run_id = getvariable('run_id')
),

history as (
    select pool_id, member_id, sum(credited_parts - charged_parts + settled_parts) as balance
    from ops.fair_shares
    group by all
),

pools as (
    select pool_id as name
    from state
    group by all
    having sum(balance) <> 0
),

final as (
    select name from pools
    union all
    select coalesce(state.member_id, history.member_id) as name
    from state
    full join history using (pool_id, member_id)
    where coalesce(state.balance, 0) <> coalesce(history.balance, 0)
)

select * from final
