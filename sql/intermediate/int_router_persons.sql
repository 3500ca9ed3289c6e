-- int_router_persons: the persons that this run may have to know the last owner of.
-- kind: temp
-- grain: one row per person
-- key: person
-- by: key(person)
-- columns:
--   person: number of the person
select person from int_router_arrivals where person is not null
union
select person from int_held_items where person is not null
