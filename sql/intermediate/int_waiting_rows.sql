-- intermediate.int_waiting_rows: accepted rows that were created after the last run's until, to be decided by a later one.
-- kind: declared
-- grain: one row per waiting row
-- columns:
--   file_id: delivered file
--   row_number: record in the file
create table if not exists intermediate.int_waiting_rows (
    file_id bigint,
    row_number bigint
)
