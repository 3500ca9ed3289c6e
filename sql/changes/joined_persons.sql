-- joined_persons: persons of this run who turned out to be one with another.
-- kind: rows
-- step: identity
-- grain: one row per person
-- into: ops.persons
select
    'P' || lent.person_no as person_id,
    'P' || lent.into_no as into_person_id,
    lent.item_seq,
    due.source,
    due.item_id,
    due.decided_at,
    getvariable('run_id') as run_id,
from lent
inner join int_due_items as due using (item_seq)
order by lent.item_seq, lent.person_no
