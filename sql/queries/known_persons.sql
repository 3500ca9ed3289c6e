-- known_persons: persons known by a key of this run, and the first item of each.
-- kind: query
-- step: identity
-- grain: one row per person
-- by: rows of intermediate.int_persons
select person_no, first_item_seq
from intermediate.int_persons
where person_no in (select person_no from int_keys)
order by person_no
