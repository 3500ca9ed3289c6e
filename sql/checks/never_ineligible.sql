-- never_ineligible: nothing stood against any winner when it won, and where nobody got the item nobody could have.
-- kind: check
select decisions.decision_seq
from marts.fct_decisions as decisions
inner join ops.considered_log as log using (decision_seq)
inner join ops.rosters as rosters using (roster_id)
where decisions.run_id = getvariable('run_id')
    and decisions.kind not in (<<bare_kinds>>)
    and (
        len(log.reasons) <> len(rosters.member_ids)
        or len(log.balances) <> len(rosters.member_ids)
        or rosters.pool_id <> decisions.pool_id
        or (
            decisions.kind in (<<turn_kinds>>, 'skip')
            and (
                -- 128: eligible, and among those that come first.
                coalesce(log.reasons[list_position(rosters.member_ids, decisions.member_id)], 1) not in (0, 128)
                -- Who comes first has it, unless it is given by a redo token.
                or (
                    decisions.kind <> 'redo' and (decisions.kind = 'skip' or decisions.token_id is null)
                    and list_contains(log.reasons, 128::utinyint)
                    and log.reasons[list_position(rosters.member_ids, decisions.member_id)] <> 128
                )
                or log.balances[list_position(rosters.member_ids, decisions.member_id)]
                    is distinct from decisions.balance_before
            )
        )
        or (
            (
                decisions.kind = 'failover' or (decisions.kind = 'queue' and decisions.cause = 'nobody')
                -- What a step sends back is offered after that.
                or (decisions.kind = 'hold' and decisions.cause is distinct from 'breach')
            )
            and (list_contains(log.reasons, 0::utinyint) or list_contains(log.reasons, 128::utinyint))
        )
    )
