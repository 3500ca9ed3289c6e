-- ops.repeated_rows: rows of items already known: exact repeats and newer versions. They decide nothing again; what they
-- tell of closings counts. Kept from the run on that first knew this table.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per repeated row
-- masks: item_id id
-- columns:
--   run_id: run that took it up
--   source: feed that delivered it
--   item_id: id in the source
--   file_id: delivered file
--   row_number: record in that file, from 1
--   ingest_batch: delivery it came with
--   created_at: when the row says the item was created
create table if not exists ops.repeated_rows (
    run_id varchar not null,
    source varchar,
    item_id varchar,
    file_id bigint,
    row_number bigint,
    ingest_batch bigint,
    created_at timestamptz
)
