-- int_told_before: when owners of items kept without a decision could know it, as earlier runs noted.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- columns:
--   item_seq: the item
--   told_at: when its first owner was told
select item_seq, told_at
from marts.fct_sla
semi join int_sla_items using (item_seq)
where cause = 'kept' and decision_id is null and told_at is not null
-- until marts.fct_sla is there:
select null::bigint as item_seq, null::timestamptz as told_at where false
