-- int_closing_statuses: statuses of items that close an item in some policy version.
-- kind: temp
-- grain: one row per status
-- key: status
-- by: key(status)
-- columns:
--   status: the status as delivered
--   status_text: the status as lists of words compare it
with

statuses as (
    select distinct status
    from staging.stg_items
    where file_id >= (select min(file_id) from int_arrivals)
        or file_id in (select file_id from intermediate.int_waiting_closings)
)

select status, word_of(status) as status_text
from statuses
where status_text in (select unnest(closing_statuses) from int_event_words)
