-- refused_rows: rows of this run that its suites, or their ids, have refused.
-- kind: temp
-- grain: one row per refused row
-- key: file_id, row_number
-- columns:
--   file_id: delivered file
--   row_number: record in the file
--   suite: suite that refused it
--   rule: its first rule that the row breaks
--   code: what that rule found
create temp table if not exists refused_rows (
    file_id bigint,
    row_number bigint,
    suite varchar,
    rule varchar,
    code varchar
)
