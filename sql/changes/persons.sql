-- persons: persons of this run that are still one of their own.
-- kind: rows
-- step: identity
-- grain: one row per person
-- into: intermediate.int_persons
-- reads: int_identities
select person_no, first_item_seq from lent where became = person_no order by person_no
