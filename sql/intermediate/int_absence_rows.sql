-- int_absence_rows: what was told of absences, each under the key by which later rows change or withdraw it.
-- kind: temp view
-- grain: one row per row of staging.stg_absences
-- by: rows of staging.stg_absences
-- columns as: staging.stg_absences
-- columns:
--   absence_key: its id within the source; without one all that it says, so that only the same row is the same absence
select
    *,
    case
        when absence_id is not null then 'id|' || source || '|' || absence_id
        else 'row|' || concat_ws(
            '|', source, user_id, coalesce(start_date::varchar, ''), coalesce(end_date::varchar, ''),
            coalesce(epoch_us(start_at)::varchar, ''), coalesce(epoch_us(end_at)::varchar, ''), coalesce(kind, '')
        )
    end as absence_key,
from staging.stg_absences
