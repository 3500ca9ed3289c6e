-- last_pools: the next turn of each pool as the last run left it.
-- kind: query
-- step: router
-- grain: one row per pool
select distinct pool_id, next_turn
from ops.router_state
where run_id = (select max(run_id) from ops.router_state)
order by pool_id
