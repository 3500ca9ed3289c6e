-- int_reopened_at: when items were open again after they had been closed, in earlier runs and in this one.
-- kind: temp
-- grain: one row per item and time
-- columns:
--   item_seq: the item
--   reopened_at: from when on it counts as open
--   occurred_at: when it was open again
select item_seq, at_at as reopened_at, occurred_at from intermediate.int_item_activities where kind = 'reopen'
union all
select item_seq, decided_at as reopened_at, occurred_at from int_reopened
