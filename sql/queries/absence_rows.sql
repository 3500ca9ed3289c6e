-- absence_rows: what each delivery said of absences.
-- kind: query
-- step: owners
-- grain: one row per absence told
-- by: rows of staging.stg_absences
select
    absences.user_id,
    absences.start_date,
    absences.end_date,
    absences.start_at,
    absences.end_at,
    batches.effective_at,
from staging.stg_absences as absences
inner join ops.batches as batches using (ingest_batch)
order by all
