-- new_keys: keys that no earlier item was known by.
-- kind: rows
-- step: identity
-- grain: one row per key
-- into: intermediate.int_identity_keys
-- by: rows of int_keys
select keys.key_text, found.person_no
from int_keys as keys
inner join lent as found using (key_no)
where keys.person_no is null and found.person_no is not null
