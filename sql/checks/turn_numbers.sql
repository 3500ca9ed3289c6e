-- turn_numbers: the turns of a pool are numbered without gap over all runs, and a run begins with the balances that the one
-- before has left, and what leavers have left since.
-- kind: check
with

decisions as (
    select decision_seq, pool_id, kind, turn
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind not in (<<bare_kinds>>)
),

state_before as (
    select pool_id, member_id, balance, next_turn
    from ops.router_state
    where run_id = (select max(run_id) from ops.router_state where run_id < getvariable('run_id'))
),

turns as (
    select
        decision_seq,
        pool_id,
        turn,
        lag(turn) over (partition by pool_id order by decision_seq) as turn_before,
    from decisions
    where turn is not null
),

pools as (
    select pool_id, max(next_turn) as next_turn from state_before group by all
),

firsts as (
    select
        log.decision_seq,
        rosters.pool_id,
        unnest(rosters.member_ids) as member_id,
        unnest(log.balances) as balance,
    from ops.considered_log as log
    inner join ops.rosters as rosters using (roster_id)
    where log.decision_seq in (select min(decision_seq) from decisions group by pool_id)
),

settled as (
    select firsts.decision_seq, settlements.member_id, sum(settlements.parts) as parts
    from (select distinct decision_seq, pool_id from firsts) as firsts
    inner join marts.fct_settlements as settlements
        on settlements.pool_id = firsts.pool_id and settlements.next_decision_seq <= firsts.decision_seq
    where settlements.run_id = getvariable('run_id')
    group by all
),

final as (
    select turns.decision_seq
    from turns
    left join pools using (pool_id)
    where turns.turn <> coalesce(turns.turn_before + 1, pools.next_turn, 0)
    union all
    select decision_seq from decisions where (kind in ('assign', 'skip')) and turn is null
    union all
    select firsts.decision_seq
    from firsts
    left join state_before using (pool_id, member_id)
    left join settled using (decision_seq, member_id)
    where firsts.balance <> coalesce(state_before.balance, 0) + coalesce(settled.parts, 0)
)

select * from final
