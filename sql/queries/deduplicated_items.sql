-- deduplicated_items: the due items, and whether each is folded into one item a person.
-- kind: query
-- step: identity
-- grain: one row per due item
-- by: rows of int_due_items
select due.item_seq, types.object_type is not null as is_deduplicated
from int_due_items as due
left join int_deduplicated as types using (policy_no, object_type)
order by due.item_seq
