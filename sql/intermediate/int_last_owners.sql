-- int_last_owners: who had the items last, before this run, that are open again.
-- kind: temp
-- grain: one row per item that somebody has had
-- key: item_seq
-- columns:
--   item_seq: the item
--   last_owner: the user
select item_seq, arg_max(owner_id, from_at) as last_owner
from marts.fct_ownership
where item_seq in (select item_seq from int_reopened)
group by all
-- until marts.fct_ownership is there:
select null::bigint as item_seq, null::varchar as last_owner where false
