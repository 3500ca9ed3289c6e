-- ops.repeated_files: files of activities whose bytes were taken up before, under names that give a newer instant, such as
-- empty exports. They have no new row, but until then all activities are known.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per source and file name
-- columns:
--   source: feed that read it
--   file_name: path below the landing folder
--   delivered_at: from the name
--   run_id: run that noted it
create table if not exists ops.repeated_files (
    source varchar not null,
    file_name varchar not null,
    delivered_at timestamptz not null,
    run_id varchar not null
)
