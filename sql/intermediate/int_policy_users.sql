-- int_policy_users: the limits of users over all pools, of each policy version.
-- kind: temp
-- grain: one row per policy version and user
-- key: version, user_id
-- columns as: USER_ROWS of routing/policy_rows.py
from lent
