-- new_names: names that keys came with for the first time.
-- kind: rows
-- step: identity
-- grain: one row per key and name
-- into: intermediate.int_key_names
-- by: rows of int_key_pairs
select pairs.key_text, pairs.sign, found.person_no
from int_key_pairs as pairs
inner join lent as found using (pair_no)
where pairs.person_no is null
