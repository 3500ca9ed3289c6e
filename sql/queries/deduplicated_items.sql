-- deduplicated_items: the due items, what one item a person means for each, and how each ended. One that arrived closed is
-- set aside before it could be a duplicate; one that a rule sets aside has nothing that others could be folded into.
-- kind: query
-- step: identity
-- grain: one row per due item
-- by: rows of int_due_items
select
    due.item_seq,
    due.policy_no,
    epoch_us(due.decided_at) as decided_us,
    types.object_type is not null and closed.item_seq is null as may_fold,
    may_fold and rules.disqualified_by is null as may_survive,
    ends.closed_us,
    ends.known_us,
    ends.gone_us,
from int_due_items as due
inner join int_rule_hits as rules using (item_seq)
left join int_arrived_closed as closed using (item_seq)
left join int_survivor_ends as ends using (item_seq)
left join int_deduplicated as types using (policy_no, object_type)
order by due.ingest_batch, due.item_seq
