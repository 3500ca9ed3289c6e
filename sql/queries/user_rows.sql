-- user_rows: what each delivery said of each user.
-- kind: query
-- step: owners
-- grain: one row per user and delivery
-- by: rows of int_user_versions
select
    users.user_id,
    greatest(
        batches.effective_at, if(getvariable('is_live') and batches.effective_at is not null, batches.known_at, null)
    ) as effective_at,
    users.row_hash is not null and coalesce(users.is_active, true),
    users.active_from,
    users.active_until,
    users.time_zone,
    users.manager_id,
    users.deputy_id,
from int_user_versions as users
inner join ops.batches as batches using (ingest_batch)
order by users.user_id, users.ingest_batch
