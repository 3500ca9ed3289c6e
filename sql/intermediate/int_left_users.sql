-- int_left_users: users who have left all pools, being gone from the full lists of users.
-- kind: temp
-- grain: one row per user and stretch of time
-- key: user_id, from_at
-- reads: int_user_versions, ops.batches, int_unlisted
-- columns:
--   user_id: the user
--   from_at: when the user left
--   until_at: when a list named the user again, exclusive; infinity for ever
select
    user_id,
    make_timestamptz(from_us) as from_at,
    case until_us when $far_future_us then 'infinity'::timestamptz else make_timestamptz(until_us) end as until_at,
from lent
