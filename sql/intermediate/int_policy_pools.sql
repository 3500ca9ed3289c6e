-- int_policy_pools: the pools of each policy version, as the config has them.
-- kind: temp
-- grain: one row per policy version and pool
-- key: version, pool_id
-- columns as: POOL_ROWS of routing/policy_rows.py; marts.dim_pools says what each means
from lent
