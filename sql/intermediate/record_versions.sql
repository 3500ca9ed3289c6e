-- int_<record>_versions: what is known of accounts, contacts, opportunities and users: of each id one row for each
-- delivery that tells something new.
-- kind: temp view
-- grain: one row per id and delivery that tells something new of it
-- key: <record>_id, ingest_batch
-- by: key(<record>_id)
-- columns as: staging.stg_<table>
with

newest_of_delivery as (
    select rows.*, files.delivered_at
    from staging.stg_<table> as rows
    inner join ops.ingested_files as files using (file_id)
    qualify row_number() over (
        partition by rows.<record>_id, rows.ingest_batch
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
        partition by <record>_id order by ingest_batch rows between unbounded preceding and 1 preceding
    )
)

select * exclude (delivered_at, last_updated_at, last_delivered_at)
from compared
where case
    when updated_at <> last_updated_at then updated_at > last_updated_at
    else last_delivered_at is null or delivered_at >= last_delivered_at
end
