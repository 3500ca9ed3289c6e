-- names_joined: keys with names, of persons that an item of this run joined with others.
-- kind: change
-- step: identity
-- into: intermediate.int_key_names
-- reads: int_identities
update intermediate.int_key_names as known
set person_no = persons.became
from lent as persons
where persons.person_no = known.person_no and persons.became <> persons.person_no
