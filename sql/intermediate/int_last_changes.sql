-- int_last_changes: when the items in int_owner_changes last changed hands, before this run.
-- kind: temp
-- grain: one row per item that somebody has or had
-- key: item_seq
-- columns:
--   item_seq: the item
--   changed_at: when somebody got it, or lost it
select item_seq, max(coalesce(until_at, from_at)) as changed_at
from marts.fct_ownership
where item_seq in (select item_seq from int_owner_changes)
group by all
-- until marts.fct_ownership is there:
select null::bigint as item_seq, null::timestamptz as changed_at where false
