-- known_persons: persons known by a key of this run, the first item of each, and how that one ended.
-- kind: query
-- step: identity
-- grain: one row per person
-- by: rows of intermediate.int_persons
with

persons as (
    select person_no, first_item_seq
    from intermediate.int_persons
    where person_no in (select person_no from int_keys union select person_no from int_key_pairs)
)

select persons.person_no, persons.first_item_seq, ends.closed_us, ends.known_us, ends.gone_us
from persons
left join int_survivor_ends as ends on ends.item_seq = persons.first_item_seq
order by persons.person_no
