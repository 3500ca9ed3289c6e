-- next_person: the number of the next new person. One that was joined with another is gone from int_persons, but items
-- are still named by it: no number is ever given twice.
-- kind: query
-- step: identity
-- grain: one row
select
    1 + greatest(
        (select coalesce(max(person_no), 0) from intermediate.int_persons),
        (select coalesce(max(substr(person_id, 2)::bigint), 0) from marts.fct_items)
    )
-- until marts.fct_items is there:
select coalesce(max(person_no), 0) + 1 from intermediate.int_persons
