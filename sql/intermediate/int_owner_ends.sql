-- int_owner_ends: the decisions of this run that take an item from its owner.
-- kind: temp
-- grain: one row per decision
-- by: key(item_seq)
-- columns:
--   decision_seq: the decision
--   item_seq: the item
--   decided_at: when
select decision_seq, item_seq, decided_at
from routed_decisions
where kind in ('reassign', 'handover') or (kind = 'queue' and cause in ('breach', 'decline'))
    or (kind = 'hold' and previous_member_id is not null)
