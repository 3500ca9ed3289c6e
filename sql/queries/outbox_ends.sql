-- outbox_ends: instants that cut the events of the outbox into stretches of so many.
-- kind: query
-- step: marts
-- grain: one row per instant
select distinct created_at
from (select created_at, row_number() over (order by created_at) - 1 as place from int_outbox_events)
where place > 0 and place % $count = 0
order by created_at
