-- keys_joined: keys of persons that an item of this run joined with others, also those that no item of this run has.
-- kind: change
-- step: identity
-- into: intermediate.int_identity_keys
-- reads: int_identities
update intermediate.int_identity_keys as known
set person_no = persons.became
from lent as persons
where persons.person_no = known.person_no and persons.became <> persons.person_no
