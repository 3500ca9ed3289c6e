-- past_runs: the earlier runs that a restatement passes again: what was final after each, when it told owners, when it took
-- steps, up to when activities were known then, and how many arrivals had been taken up by then.
-- kind: query
-- step: router
-- grain: one row per run
with

runs as (
    select
        *,
        epoch_us(frontier_at) as end_us,
        greatest(as_of_at, lag(frontier_at) over (order by run_id)) as close_at,
    from int_past_runs
),

feeds as (
    select source from int_feeds where canonical_table = 'activities'
),

delivered as (
    select runs.run_id, feeds.source, max(files.delivered_at) as delivered_at
    from runs
    cross join feeds
    left join ops.ingested_files as files
        on files.source = feeds.source and files.ingest_batch <= runs.last_batch and files.status <> 'refused'
    group by all
    union all
    select runs.run_id, files.source, max(files.delivered_at) as delivered_at
    from runs
    inner join ops.repeated_files as files on files.run_id <= runs.run_id and files.delivered_at <= runs.close_at
    inner join feeds on feeds.source = files.source
    group by all
),

of_sources as (
    select run_id, source, coalesce(max(delivered_at), '1900-01-01'::timestamptz) as activities_at
    from delivered
    group by all
),

known as (
    select run_id, min(activities_at) as activities_at from of_sources group by all
),

final as (
    select
        runs.end_us,
        epoch_us(runs.as_of_at) as told_us,
        epoch_us(runs.close_at) as close_us,
        epoch_us(coalesce(known.activities_at, '9999-12-31'::timestamptz)) as activities_us,
        (
            select count(*)
            from int_router_arrivals as arrivals
            where arrivals.decided_at < runs.end_us
                or (arrivals.decided_at = runs.end_us and arrivals.ingest_batch <= runs.last_batch)
        ) as taken,
    from runs
    left join known using (run_id)
)

select * from final order by end_us, told_us
