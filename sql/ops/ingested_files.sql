-- ops.ingested_files: every delivered file, and how it ended. Files taken up in earlier runs are not written again.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per accepted source and content (of full lists: and name), and per refused source, content and code
-- columns:
--   file_id: number of the file, dense from 1; null for refused files
--   source: feed that read it
--   file_name: path below the landing folder, under the name it was first seen by
--   sha256: of the bytes as delivered; null where they could not be read
--   size_bytes: of the file as delivered
--   delivered_at: from the name where the source has a pattern, else the instant of the run that took it up
--   closes_at: instant its rows may reach: dated more than five minutes later they are refused, up to that they count as
--     of it; null for refused files and for files taken up by earlier versions
--   ingest_batch: number of the delivery; null for refused files
--   row_count: physical records in it; loaded and rejected together
--   loaded_count: records in the raw layer
--   rejected_count: records that could not be read, each in ops.quarantine
--   status: loaded, empty (no record in it) or refused (whole)
--   code: why it was refused; null otherwise
--   message: the same in words
--   run_id: run that wrote the row
create table if not exists ops.ingested_files (
    file_id bigint,
    source varchar not null,
    file_name varchar not null,
    sha256 varchar,
    size_bytes bigint,
    delivered_at timestamptz,
    closes_at timestamptz,
    ingest_batch bigint,
    row_count bigint not null,
    loaded_count bigint not null,
    rejected_count bigint not null,
    status varchar not null,
    code varchar,
    message varchar,
    run_id varchar not null
)
