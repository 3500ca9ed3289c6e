-- intermediate.int_waiting_closings: rows that say that their item was closed after the last run's until, in deliveries
-- that came after it, to be taken up by a later run.
-- kind: declared
-- grain: one row per waiting row
-- columns:
--   file_id: delivered file
--   row_number: record in the file
create table if not exists intermediate.int_waiting_closings (
    file_id bigint,
    row_number bigint
)
