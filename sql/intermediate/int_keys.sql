-- int_keys: the identity keys of this run, numbered, and whose they are known to be.
-- kind: temp
-- grain: one row per key
-- key: key_no
-- columns:
--   key_no: number of the key in this run, from 0
--   key_text: the key
--   doubt: why it proves nothing alone: role, test, placeholder or no_reply; null where it may
--   person_no: person known by it; null for a new key
--   name_count: different names it came with before
with

keys as (
    select key_text, any_value(doubt) as doubt
    from int_key_texts
    group by all
),

named as (
    select key_text, count(*) as name_count
    from intermediate.int_key_names
    where key_text in (select key_text from keys)
    group by all
)

-- Any numbers do: persons are numbered by the items that show them.
select
    row_number() over () - 1 as key_no,
    keys.key_text,
    keys.doubt,
    known.person_no,
    coalesce(named.name_count, 0) as name_count,
from keys
left join intermediate.int_identity_keys as known using (key_text)
left join named using (key_text)
