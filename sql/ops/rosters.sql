-- ops.rosters: the members of each pool in roster order, as each policy version has them.
-- kind: table
-- grain: one row per pool and policy version that took a decision
-- columns:
--   roster_id: key
--   pool_id: the pool
--   policy_version: the version
--   member_ids: its members in roster order
--   weights: their weights, in the same order
select roster_id, pool_id, policy_version, member_ids, weights
from routed_rosters
order by roster_id
