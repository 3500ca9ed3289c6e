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
--   member_count: members in its roster
--   total_weight: sum of their weights
--   accrue_while: reasons during which a member still earns its share
--   debt_limit: most turns a member can be ahead
--   catch_up_limit: most turns a member who is away can be owed
--   when_nobody: what happens when nobody is eligible
--   limits: default limits of its members as JSON: hourly, daily, weekly, total
select
    pool_id,
    version as policy_version,
    valid_from_at,
    valid_until_at,
    valid_until_at is null as is_latest,
    is_catch_all,
    member_count,
    total_weight,
    accrue_while,
    debt_limit,
    catch_up_limit,
    when_nobody,
    limits,
from int_policy_pools
order by pool_id, valid_from_at
