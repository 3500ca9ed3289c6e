-- int_user_zones: in which zone the days of each user with limits over all pools are counted.
-- kind: temp
-- grain: one row per user and stretch of one zone
-- key: user_id, from_us
-- columns:
--   user_id: the user
--   time_zone: IANA name
--   from_us: when the stretch begins, UTC microseconds
--   until_us: when it ends, exclusive
from lent
