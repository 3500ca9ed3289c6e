-- ops.batches: the deliveries in the order they were taken up.
-- kind: declared
-- changes: appended by run_id
-- grain: one row per ingest_batch
-- columns:
--   ingest_batch: number of the delivery, growing for ever
--   delivered_at: when it was delivered
--   effective_at: what it says of users and absences holds from here on, with run_instant now not before
--     known_at; null for the first delivery: from ever
--   known_at: its close: from here on its rows are known; null where an earlier version took it up
--   run_id: run that took it up
create table if not exists ops.batches (
    ingest_batch bigint,
    delivered_at timestamptz,
    effective_at timestamptz,
    known_at timestamptz,
    run_id varchar
)
