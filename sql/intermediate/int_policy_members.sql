-- int_policy_members: the members of the pools of each policy version, as the config has them.
-- kind: temp
-- grain: one row per policy version, pool and member
-- key: version, pool_id, member_id
-- columns as: MEMBER_ROWS of routing/policy_rows.py; marts.dim_members says what each means
from lent
