-- int_stand_ins: when the claims of users who are away for long are not theirs, and who has them meanwhile.
-- kind: temp
-- grain: one row per policy version, user and stretch of time
-- key: policy_no, user_id, from_at
-- reads: int_user_versions, ops.batches, staging.stg_absences
-- columns:
--   policy_no: policy version
--   user_id: who is away
--   from_at: when the stretch begins; -infinity for ever
--   until_at: when it ends, exclusive; infinity for ever
--   deputy_id: who stands in; null where nobody does, so that the claim does not count
select
    policy_no,
    user_id,
    case from_us when $far_past_us then '-infinity'::timestamptz else make_timestamptz(from_us) end as from_at,
    case until_us when $far_future_us then 'infinity'::timestamptz else make_timestamptz(until_us) end as until_at,
    deputy_id,
from lent
