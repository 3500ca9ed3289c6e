-- stored_persons: what is stored of the persons this run may have to know.
-- kind: query
-- step: router
-- grain: one row per person
-- by: rows of ops.router_persons
from ops.router_persons
where person in (select person from int_router_persons union select person from int_router_open)
order by person
