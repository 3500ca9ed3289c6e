-- int_known_users: the users known by now, from the users feed and from the policies.
-- kind: temp
-- grain: one row per user
-- key: user_id
-- reads: int_user_versions, ops.batches
-- columns:
--   user_id: the user
--   known_from_at: since when the user is known; -infinity for ever
--   manager_id: the manager by the latest delivery; null when none is known
select
    user_id,
    case from_us
        when $far_past_us then '-infinity'::timestamptz
        when $far_future_us then 'infinity'::timestamptz
        else make_timestamptz(from_us)
    end as known_from_at,
    manager_id,
from lent
