-- last_members: balances and counts of the members as the last run left them.
-- kind: query
-- step: router
-- grain: one row per pool and member
from ops.router_state
where run_id = (select max(run_id) from ops.router_state)
order by pool_id, member_id
