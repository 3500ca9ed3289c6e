-- batches: the deliveries that are new.
-- kind: rows
-- step: arrivals
-- grain: one row per delivery
-- into: ops.batches
-- by: rows of int_batches
select
    ingest_batch,
    delivered_at,
    frontier_at + interval 1 microsecond as effective_at,
    known_at,
    getvariable('run_id') as run_id,
from int_batches
where ingest_batch not in (select ingest_batch from ops.batches)
