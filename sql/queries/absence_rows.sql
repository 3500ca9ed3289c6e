-- absence_rows: what is known of absences, and in which deliveries each was known so.
-- kind: query
-- step: owners
-- grain: one row per absence and stretch of deliveries that know it so
with

newest_of_delivery as (
    select rows.*, files.delivered_at
    from int_absence_rows as rows
    inner join ops.ingested_files as files using (file_id)
    qualify row_number() over (
        partition by rows.absence_key, rows.ingest_batch
        order by rows.updated_at desc nulls last, files.file_name desc, rows.row_number desc, rows.file_id
    ) = 1
),

compared as (
    select
        *,
        max(updated_at) over earlier as last_updated_at,
        max(delivered_at) over earlier as last_delivered_at,
    from newest_of_delivery
    window earlier as (
        partition by absence_key order by ingest_batch rows between unbounded preceding and 1 preceding
    )
),

versions as (
    select
        *,
        coalesce(
            lead(ingest_batch) over (partition by absence_key order by ingest_batch), 9223372036854775807
        ) as until_batch,
    from compared
    where case
        when updated_at <> last_updated_at then updated_at > last_updated_at
        else last_delivered_at is null or delivered_at >= last_delivered_at
    end
),

listed as (
    select
        versions.* replace (
            greatest(versions.ingest_batch, coalesce(stretches.from_batch, 0)) as ingest_batch,
            least(versions.until_batch, coalesce(stretches.until_batch, versions.until_batch)) as until_batch
        ),
    from versions
    left join int_listed_stretches as stretches
        on stretches.canonical_table = 'absences' and stretches.list_key = versions.absence_key
)

select
    listed.user_id,
    listed.start_date,
    listed.end_date,
    listed.start_at,
    listed.end_at,
    greatest(
        begun.effective_at, if(getvariable('is_live') and begun.effective_at is not null, begun.known_at, null)
    ) as effective_at,
    coalesce(
        greatest(ended.effective_at, if(getvariable('is_live') and ended.effective_at is not null, ended.known_at, null)),
        'infinity'::timestamptz
    ) as known_until_at,
    coalesce(listed.kind = 'works', false) as is_working,
    listed.deputy_id,
from listed
inner join ops.batches as begun using (ingest_batch)
left join ops.batches as ended on ended.ingest_batch = listed.until_batch
where listed.ingest_batch < listed.until_batch and not coalesce(listed.is_withdrawn, false)
order by all
