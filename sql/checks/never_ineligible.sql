-- never_ineligible: nothing stood against any winner when it won.
-- kind: check
select decisions.decision_seq
from marts.fct_decisions as decisions
inner join ops.considered_log as log using (decision_seq)
inner join ops.rosters as rosters using (roster_id)
where decisions.run_id = getvariable('run_id')
    and (
        len(log.reasons) <> len(rosters.member_ids)
        or len(log.balances) <> len(rosters.member_ids)
        or rosters.pool_id <> decisions.pool_id
        or (
            decisions.kind <> 'hold'
            and log.reasons[list_position(rosters.member_ids, decisions.member_id)] is distinct from 0
        )
        or (
            decisions.kind <> 'hold'
            and log.balances[list_position(rosters.member_ids, decisions.member_id)]
                is distinct from decisions.balance_before
        )
        or (decisions.kind = 'hold' and list_contains(log.reasons, 0::utinyint))
    )
