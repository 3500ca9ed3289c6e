-- ops.router_state: what the router carries from one run to the next, as it was after each run.
-- kind: table
-- changes: appended by run_id
-- grain: one row per run, pool and member, members who left included
-- masks: member_id user
-- columns:
--   run_id: the run the state is after
--   state_at: the frontier after that run
--   pool_id: the pool
--   member_id: the member
--   balance: turns owed (+) or ahead (-), in parts of a turn; a pool sums to zero
--   last_turn: number of the last turn charged; -1 for never
--   (windows of limits: core/limits.py)
--   recent_days: the last local days (since 1970) on which items were given, for weeks that come to begin on another day
--   recent_counts: items given on each of them
--   open_count: items the member has open, in pools that follow their items
--   next_turn: number of the pool's next turn
select
    getvariable('run_id') as run_id,
    getvariable('new_frontier_at') as state_at,
    members.*,
    pools.next_turn,
from routed_members as members
inner join routed_pools as pools using (pool_id)
order by members.pool_id, members.member_id
