-- manager_rows: who the manager and the deputy of each user was, and since when, by the deliveries of the users feed.
-- kind: query
-- step: marts
-- grain: one row per user and delivery that names it
-- by: rows of int_user_versions
select
    users.user_id,
    greatest(
        batches.effective_at, if(getvariable('is_live') and batches.effective_at is not null, batches.known_at, null)
    ) as from_at,
    users.manager_id,
    users.deputy_id,
from int_user_versions as users
inner join ops.batches as batches using (ingest_batch)
order by users.user_id, from_at nulls first, users.manager_id
