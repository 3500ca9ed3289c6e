-- int_key_pairs: keys of this run together with a name, numbered, and whose they are known to be.
-- kind: temp
-- grain: one row per key and name
-- key: pair_no
-- columns:
--   pair_no: number of the pair in this run, from 0
--   key_text: the key
--   sign: the name, for comparison
--   person_no: person known by both; null for a new pair
with

pairs as (
    select distinct key_text, sign
    from int_key_texts
    where sign is not null
)

select row_number() over () - 1 as pair_no, pairs.key_text, pairs.sign, known.person_no
from pairs
left join intermediate.int_key_names as known using (key_text, sign)
