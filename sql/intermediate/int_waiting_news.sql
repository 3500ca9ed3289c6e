-- intermediate.int_waiting_news: rows that may be news of known items, of deliveries whose close no run has reached yet:
-- a run that was bounded took them up.
-- kind: declared
-- grain: one row per row and what it may be news of
-- columns:
--   file_id: delivered file
--   row_number: record in the file
--   is_again: it may say that an item which was set aside qualifies; false: it names an owner
create table if not exists intermediate.int_waiting_news (
    file_id bigint,
    row_number bigint,
    is_again boolean
)
