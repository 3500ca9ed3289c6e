-- int_<record>_versions: what is known of accounts, contacts, opportunities and users: of each id one row for each
-- delivery that tells something new, or that finds what it was known by withdrawn: then by what is left, in a row without a
-- row_hash and without values where nothing is.
-- kind: temp view
-- grain: one row per id and delivery that tells something new of it
-- key: <record>_id, ingest_batch
-- by: key(<record>_id)
-- columns as: staging.stg_<table>
with

-- Between two withdrawals of its rows an id is known as if there were no others.
withdrawals as (
    select distinct rows.<record>_id, withdrawn.from_batch
    from staging.stg_<table> as rows
    inner join ops.withdrawn_files as withdrawn using (file_id)
),

stretches as (
    select
        <record>_id,
        from_batch,
        coalesce(
            lead(from_batch) over (partition by <record>_id order by from_batch), 9223372036854775807
        ) as until_batch,
    from (from withdrawals union all select distinct <record>_id, 0 from withdrawals)
),

newest_of_delivery as (
    select rows.*, files.delivered_at, coalesce(stretches.from_batch, 0) as from_batch
    from staging.stg_<table> as rows
    inner join ops.ingested_files as files using (file_id)
    left join stretches using (<record>_id)
    left join ops.withdrawn_files as withdrawn using (file_id)
    where coalesce(rows.ingest_batch < stretches.until_batch, true)
        and coalesce(withdrawn.from_batch > coalesce(stretches.from_batch, 0), true)
    qualify row_number() over (
        partition by rows.<record>_id, rows.ingest_batch, coalesce(stretches.from_batch, 0)
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
        partition by <record>_id, from_batch
        order by ingest_batch rows between unbounded preceding and 1 preceding
    )
),

counted as (
    select * exclude (delivered_at, last_updated_at, last_delivered_at)
    from compared
    where case
        when updated_at <> last_updated_at then updated_at > last_updated_at
        else last_delivered_at is null or delivered_at >= last_delivered_at
    end
    qualify from_batch = 0 or ingest_batch >= from_batch or coalesce(
        lead(ingest_batch) over (partition by <record>_id, from_batch order by ingest_batch) > from_batch, true
    )
),

final as (
    select * exclude (from_batch) replace (greatest(ingest_batch, from_batch) as ingest_batch) from counted
    union all by name
    select stretches.<record>_id, stretches.from_batch as ingest_batch
    from stretches
    anti join counted using (<record>_id, from_batch)
    where stretches.from_batch > 0
)

select * from final
