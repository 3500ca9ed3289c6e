-- int_router_open: the open items of earlier runs that this run can need: those its events name, and those whose clock
-- runs out in it.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- by: key(item_seq)
-- columns as: ops.router_open
from ops.router_open
where (
        -- A touch in time stops the clock; one that came later does not.
        due_us <= $until_us and not is_breached and (touched_us is null or touched_us > due_us)
    )
    or item_seq in (select item_seq from int_router_events)
order by item_seq
