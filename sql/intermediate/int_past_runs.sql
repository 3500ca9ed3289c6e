-- int_past_runs: the earlier runs that a restatement passes again, where runs are of the instant at which they take place:
-- owners were told at their ends, and steps were taken then.
-- kind: temp
-- grain: one row per run before the latest instant; none in a run that is no restatement
-- key: run_id
-- columns:
--   run_id: the run
--   as_of_at: its instant
--   frontier_at: everything up to here was final after it
--   last_batch: the last delivery taken up by then; 0: none yet
with

taken as (
    select run_id, max(ingest_batch) as last_batch
    from ops.ingested_files
    where ingest_batch is not null
    group by all
),

final as (
    select
        runs.run_id,
        runs.as_of_at,
        max(runs.frontier_at) over (order by runs.run_id) as frontier_at,
        coalesce(max(taken.last_batch) over (order by runs.run_id), 0) as last_batch,
    from ops.runs as runs
    left join taken using (run_id)
    where getvariable('is_replayed') and getvariable('is_now') and runs.as_of_at < getvariable('as_of_at')
)

select * from final
-- until ops.runs is there:
select
    null::varchar as run_id,
    null::timestamptz as as_of_at,
    null::timestamptz as frontier_at,
    null::bigint as last_batch,
where false
