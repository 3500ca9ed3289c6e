-- ops.withdrawn_files: the delivered files that no longer count, because the operator withdrew them. Their rows stay where
-- they are, raw ones too (there _file_id).
-- kind: declared
-- changes: appended by run_id
-- grain: one row per file_id
-- columns:
--   file_id: the file, as in ops.ingested_files and in the rows of raw and staging
--   source: feed that read it
--   file_name: its name
--   withdrawn_at: from here on it does not count: just after everything that was decided before the withdrawal was noted
--   from_batch: the first delivery for which its rows do not count
--   last_batch: the last delivery taken up by then: an item that is known from another file up to there does not end
--   run_id: run that noted the withdrawal
create table if not exists ops.withdrawn_files (
    file_id bigint,
    source varchar,
    file_name varchar,
    withdrawn_at timestamptz,
    from_batch bigint,
    last_batch bigint,
    run_id varchar
)
