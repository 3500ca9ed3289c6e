-- withdrawn_files: the files that withdrawals noted by this run are about.
-- kind: rows
-- step: arrivals
-- grain: one row per file
-- into: ops.withdrawn_files
with

-- This run has not numbered its deliveries among those taken up yet.
earlier as (
    select coalesce(max(ingest_batch), 0) as last_batch from ops.batches
),

-- What comes up to the end of this run still says that an item is known from elsewhere.
latest as (
    select coalesce(max(ingest_batch), 0) as last_batch from ops.ingested_files
)

select
    files.file_id,
    files.source,
    files.file_name,
    tokens.effective_at as withdrawn_at,
    earlier.last_batch + 1 as from_batch,
    latest.last_batch,
    getvariable('run_id') as run_id,
from ops.exception_tokens as tokens
-- What comes with this run under the same name is the right one.
inner join ops.ingested_files as files
    on files.file_name = tokens.file_name and files.status <> 'refused' and files.run_id <> tokens.run_id
anti join ops.withdrawn_files as gone on gone.file_id = files.file_id
cross join earlier
cross join latest
where tokens.kind = 'withdraw' and tokens.run_id = getvariable('run_id')
order by files.file_id
