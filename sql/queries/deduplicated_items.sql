-- deduplicated_items: the due items, and what one item a person means for each. One that arrived closed is set aside
-- before it could be a duplicate; one that a rule sets aside has nothing that others could be folded into.
-- kind: query
-- step: identity
-- grain: one row per due item
-- by: rows of int_due_items
select
    due.item_seq,
    types.object_type is not null and closed.item_seq is null as may_fold,
    may_fold and rules.disqualified_by is null as may_survive,
from int_due_items as due
inner join int_rule_hits as rules using (item_seq)
left join int_arrived_closed as closed using (item_seq)
left join int_deduplicated as types using (policy_no, object_type)
order by due.ingest_batch, due.item_seq
