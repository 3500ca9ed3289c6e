-- superseded: decisions that stood before and no longer do.
-- kind: rows
-- step: comparison
-- grain: one row per decision
-- into: ops.superseded_decisions
select
    decision_id,
    decision_seq,
    item_seq,
    source,
    item_id,
    pool_id,
    kind,
    member_id,
    decided_at,
    policy_version,
    turn,
    cause,
    previous_member_id,
    sent_to,
    run_id,
    getvariable('run_id') as superseded_by,
    told_at,
from marts.fct_decisions_before
where decision_id in (select decision_id from int_restated_decisions where change = 'superseded')
order by decision_seq
