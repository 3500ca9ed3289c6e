-- marts.dim_pools: the pools of every policy version that a run has seen.
-- kind: rebuilt
-- grain: one row per pool and policy version
-- columns:
--   pool_id: the pool
--   policy_version: the version
--   valid_from_at: first instant the version is in force
--   valid_until_at: end, exclusive; null for the latest
--   is_latest: the version is the latest one
--   is_catch_all: takes the items no territory claims
--   is_default_owner: stands for the default owner of another pool, which its id begins with
--   member_count: members in its roster
--   total_weight: sum of their weights
--   (settings of pools: core/model.py)
select
    pool_id,
    version as policy_version,
    valid_from_at,
    valid_until_at,
    valid_until_at is null as is_latest,
    * exclude (pool_id, version, valid_from_at, valid_until_at, week_start_day),
from int_policy_pools
order by pool_id, valid_from_at
