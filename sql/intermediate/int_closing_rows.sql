-- int_closing_rows: the item rows, new or waiting, that say that their item is closed: by a closing time, conversion,
-- deletion, or a status of the policy. Of several rows of an item in one delivery only the newest version counts.
-- kind: temp
-- grain: one row per item and delivery that says so
-- columns:
--   file_id: delivered file; likewise row_number, source, item_id, ingest_batch, created_at and updated_at of the row
--   closed_at: when, as far as the row says
--   is_closed_anyway: by its time, conversion or deletion, whatever the policy says of its status
--   status_text: status as lists of words compare it
--   role: due (the row its item is decided by), repeated, or waiting (for its time since an earlier run)
--   is_ahead: closed after the run's until, as a delivery tells that came after it, too: it waits
with

statuses as (
    select status, status_text from int_closing_statuses
),

looked_at as (
    select file_id, row_number, role from int_arrivals where role <> 'waiting'
    union all
    select file_id, row_number, 'waiting' as role from intermediate.int_waiting_closings
),

said as (
    select
        rows.file_id,
        rows.row_number,
        rows.source,
        rows.item_id,
        rows.ingest_batch,
        rows.created_at,
        rows.updated_at,
        rows.closed_at,
        rows.closed_at is not null or rows.is_converted or rows.is_deleted as is_closed_anyway,
        statuses.status_text,
        looked_at.role,
        coalesce(rows.closed_at, rows.updated_at, rows.created_at) > getvariable('until_at')
            and files.delivered_at > getvariable('until_at') as is_ahead,
    from staging.stg_items as rows
    inner join looked_at using (file_id, row_number)
    inner join ops.ingested_files as files using (file_id)
    left join statuses on statuses.status = rows.status
    where rows.file_id >= (select min(file_id) from looked_at)
        and (
            rows.closed_at is not null or rows.is_converted or rows.is_deleted
            or rows.status in (select status from statuses)
        )
),

-- The row an item is decided by is the newest of its delivery already.
newest_rows as (
    select file_id, row_number
    from staged_items
    semi join (select source, item_id from said where role = 'repeated') using (source, item_id)
    anti join refused_rows using (file_id, row_number)
    qualify row_number() over (
        partition by source, item_id, ingest_batch
        order by updated_at desc nulls last, row_hash, file_id, row_number
    ) = 1
),

final as (
    select * from said where role in ('due', 'waiting')
    union all
    select * from said semi join newest_rows using (file_id, row_number) where role = 'repeated'
)

select * from final
