-- absence_rows: what is known of absences, and in which deliveries each was known so.
-- kind: query
-- step: owners
-- grain: one row per absence and stretch of deliveries that know it so
with

-- Between two withdrawals of its rows an absence is known as if there were no others.
withdrawals as (
    select distinct rows.absence_key, withdrawn.from_batch
    from int_absence_rows as rows
    inner join ops.withdrawn_files as withdrawn using (file_id)
),

knowing as (
    select
        absence_key,
        from_batch,
        coalesce(
            lead(from_batch) over (partition by absence_key order by from_batch), 9223372036854775807
        ) as end_batch,
    from (from withdrawals union all select distinct absence_key, 0 from withdrawals)
),

newest_of_delivery as (
    select
        rows.*,
        files.delivered_at,
        coalesce(knowing.from_batch, 0) as from_batch,
        coalesce(knowing.end_batch, 9223372036854775807) as end_batch,
    from int_absence_rows as rows
    inner join ops.ingested_files as files using (file_id)
    left join knowing using (absence_key)
    left join ops.withdrawn_files as withdrawn using (file_id)
    where coalesce(rows.ingest_batch < knowing.end_batch, true)
        and coalesce(withdrawn.from_batch > coalesce(knowing.from_batch, 0), true)
    qualify row_number() over (
        partition by rows.absence_key, rows.ingest_batch, coalesce(knowing.from_batch, 0)
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
        partition by absence_key, from_batch
        order by ingest_batch rows between unbounded preceding and 1 preceding
    )
),

versions as (
    select
        * replace (greatest(ingest_batch, from_batch) as ingest_batch),
        coalesce(
            lead(compared.ingest_batch) over (partition by absence_key, from_batch order by compared.ingest_batch),
            end_batch
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
