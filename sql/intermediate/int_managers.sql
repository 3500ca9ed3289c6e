-- int_managers: whom a message to somebody's manager goes to, and since when: the manager so many levels up, if not there
-- their deputy, else the next one up who is.
-- kind: temp
-- grain: one row per user, level and stretch of one manager
-- key: user_id, level, from_at
-- reads: int_user_versions, int_policy_members, marts.fct_breaches, ops.batches
-- columns:
--   user_id: the user
--   level: which manager up, 1 for the user's own
--   from_at: when the stretch begins; -infinity for ever
--   manager_id: who is told; null when there is nobody
select
    user_id,
    level,
    if(from_us = $far_past_us, '-infinity'::timestamptz, make_timestamptz(from_us)) as from_at,
    manager_id,
from lent
