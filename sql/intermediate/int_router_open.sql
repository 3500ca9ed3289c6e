-- int_router_open: the open items of earlier runs that this run can need: those its events name, those with a step
-- to take in it, those with steps that wait for somebody, those that are idle by its end, and those whose owner goes in
-- it.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- by: key(item_seq)
-- columns as: ops.router_open
from ops.router_open
where (
        -- A touch in time stops the clock; one that came later does not. Without a place there were no ladders yet.
        if(step is null, if(is_breached, null, due_us), step_us) <= $until_us
        and (touched_us is null or touched_us > due_us)
    )
    or resolve_step_us <= $until_us
    or coalesce(waits, 0) <> 0
    or coalesce(resolve_waits, 0) <> 0
    or coalesce(is_idle, false)
    or (
        given_us is null
        and greatest(if(at_closes, told_us, since_us), coalesce(acted_us, touched_us)) + $idle_us::bigint <= $until_us
    )
    or list_contains($leaving::varchar[], member_id)
    or item_seq in (select item_seq from int_router_events)
order by item_seq
