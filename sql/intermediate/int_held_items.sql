-- int_held_items: the items that the last run left waiting for somebody.
-- kind: temp view
-- grain: one row per held item
-- key: item_seq
-- by: rows of ops.router_holds
-- columns:
--   item_seq: the item
--   person: number of its person; null where persons are not followed
select item_seq, person from ops.router_holds
-- until ops.router_holds is there:
select null::bigint as item_seq, null::bigint as person where false
