-- step_closes: the closes of this run at which steps of live items may be taken, and up to when activities are known then:
-- up to the earliest of what the sources of activities have delivered last. Without such a source all is known at once.
-- kind: query
-- step: router
-- grain: one row per close; with run_instant now only that of the run itself
with

-- A late delivery closes where late events count, for nothing is told at the frontier any more.
closes as (
    select if(known_at > coalesce(frontier_at, '-infinity'::timestamptz), known_at, closes_at) as close_at, ingest_batch
    from int_batches
    where not getvariable('is_now')
    union all
    select
        greatest(getvariable('as_of_at'), getvariable('frontier_at')) as close_at,
        (select max(ingest_batch) from ops.ingested_files) as ingest_batch,
),

feeds as (
    select source from int_feeds where canonical_table = 'activities'
),

delivered as (
    select source, ingest_batch, max(max(delivered_at)) over (partition by source order by ingest_batch) as delivered_at
    from ops.ingested_files
    where ingest_batch is not null and status <> 'refused' and source in (select source from feeds)
    group by source, ingest_batch
),

-- A file with known bytes, such as an empty export, says too that nothing else happened.
again as (
    select closes.close_at, files.source, max(files.delivered_at) as again_at
    from closes
    inner join ops.repeated_files as files on files.delivered_at <= closes.close_at
    group by all
),

known as (
    select closes.close_at, feeds.source, greatest(delivered.delivered_at, again.again_at) as delivered_at
    from closes
    cross join feeds
    left join again on again.close_at = closes.close_at and again.source = feeds.source
    asof left join delivered
        on delivered.source = feeds.source and delivered.ingest_batch <= closes.ingest_batch
),

final as (
    select close_at, min(coalesce(delivered_at, '1900-01-01'::timestamptz)) as activities_at
    from known
    group by close_at
    union
    select close_at, '9999-12-31'::timestamptz as activities_at from closes where not exists (from feeds)
)

select epoch_us(close_at) as close_us, epoch_us(activities_at) as activities_us
from final
where close_at is not null
order by all
