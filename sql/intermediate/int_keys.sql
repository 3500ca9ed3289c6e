-- int_keys: the identity keys of this run, numbered, and whose they are known to be.
-- kind: temp
-- grain: one row per key
-- key: key_no
-- columns:
--   key_no: number of the key in this run, from 0
--   key_text: the key
--   person_no: person known by it; null for a new key
with

keys as (
    select distinct key_text from int_key_texts
)

-- Any numbers do: persons are numbered by the items that show them.
select row_number() over () - 1 as key_no, keys.key_text, known.person_no
from keys
left join intermediate.int_identity_keys as known using (key_text)
