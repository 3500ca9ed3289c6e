-- persons_gone: persons of this run as they were before it.
-- kind: change
-- step: identity
-- into: intermediate.int_persons
-- reads: int_identities
delete from intermediate.int_persons where person_no in (select person_no from lent)
