-- int_managers: who the manager of each user was, and since when, by the deliveries of the users feed.
-- kind: temp
-- grain: one row per user and delivery that names it
-- columns:
--   user_id: the user
--   from_at: what the delivery says holds from here on; the first delivery of all from ever
--   manager_id: the manager; null when none is known
select
    users.user_id,
    coalesce(batches.effective_at, '-infinity'::timestamptz) as from_at,
    users.manager_id,
from int_user_versions as users
inner join ops.batches as batches using (ingest_batch)
