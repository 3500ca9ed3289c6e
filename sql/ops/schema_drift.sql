-- ops.schema_drift: columns that came or went from one file of a source to its next. The first file drifts from nothing.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per file and column that changed
-- masks: column_name column
-- columns:
--   source: the feed
--   file_id: file the change was seen in
--   column_name: the column as delivered
--   change: added or missing (never missing for JSON Lines, whose records name their own columns)
--   run_id: run that took up the file
create table if not exists ops.schema_drift (
    source varchar not null,
    file_id bigint not null,
    column_name varchar not null,
    change varchar not null,
    run_id varchar not null
)
