-- ops.router_grants: redo tokens that the router granted for items returned as bad, not used yet.
-- kind: rebuilt
-- grain: one row per token
-- columns:
--   grant_id: returned:<item_seq>
--   pool_id: pool it is for
--   member_id: who holds it
--   from_us: usable from here on, in microseconds since 1970
--   position: order of granting, which is the order of spending
select * from state_frame order by position
