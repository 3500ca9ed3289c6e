-- int_owner_ends: the decisions of this run that take an item from its owner, and owners that a person changed.
-- kind: temp
-- grain: one row per decision
-- by: key(item_seq)
-- columns:
--   decision_seq: the decision
--   item_seq: the item
--   decided_at: from when on the owner has it no more
select decision_seq, item_seq, coalesce(since_at, decided_at) as decided_at
from routed_decisions
where kind in ('reassign', 'handover', 'give', 'stand_in')
    or (kind in ('hold', 'queue') and previous_member_id is not null)
