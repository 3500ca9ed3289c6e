-- int_item_names: ids of this run's items, and of the earlier ones it decided something about.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   source: feed that delivered it
--   item_id: its id in the source
--   object_type: kind of item
--   known_at: when its delivery closed; null where an earlier version decided it
select item_seq, source, item_id, object_type, known_at from int_due_items
union all
select item_seq, source, item_id, object_type, known_at
from marts.fct_items
where item_seq in (
    select item_seq from routed_decisions where item_seq <= getvariable('last_item_seq')
    union
    select item_seq from routed_breaches where item_seq <= getvariable('last_item_seq')
)
    and item_seq not in (select item_seq from int_due_items)
-- until marts.fct_items is there:
select item_seq, source, item_id, object_type, known_at from int_due_items
