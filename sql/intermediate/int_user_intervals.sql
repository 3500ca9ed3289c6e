-- int_user_intervals: when each user is active.
-- kind: temp
-- grain: one row per user and stretch of activity
-- key: user_id, from_at
-- reads: int_user_versions, ops.batches
-- columns:
--   user_id: the user
--   from_at: when the stretch begins; -infinity for ever
--   until_at: when it ends, exclusive; infinity for ever
select
    user_id,
    case from_us
        when $far_past_us then '-infinity'::timestamptz
        when $far_future_us then 'infinity'::timestamptz
        else make_timestamptz(from_us)
    end as from_at,
    case until_us
        when $far_past_us then '-infinity'::timestamptz
        when $far_future_us then 'infinity'::timestamptz
        else make_timestamptz(until_us)
    end as until_at,
from lent
