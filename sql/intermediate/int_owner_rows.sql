-- int_owner_rows: what deliveries of this run say of the owners of items that came with an earlier delivery: rows of the
-- items themselves, the newest of each delivery, and rows of the ownership history.
-- kind: temp
-- grain: one row per such row that names an owner
-- columns:
--   file_id: delivered file
--   row_number: record in the file
--   is_history: a row of the ownership history
--   ingest_batch: delivery it came with
--   is_closed: this run reaches the close of its delivery; otherwise it waits for a later one
with

repeated as (
    select file_id, row_number, source, item_id from int_arrivals where role = 'repeated'
),

newest as (
    select file_id, row_number, source, item_id, ingest_batch, owner_id
    from staged_items
    semi join (select source, item_id from repeated) using (source, item_id)
    anti join refused_rows using (file_id, row_number)
    qualify row_number() over (
        partition by source, item_id, ingest_batch
        order by updated_at desc nulls last, row_hash, file_id, row_number
    ) = 1
),

known as (
    select item_id, min(ingest_batch) as ingest_batch
    from (
        select item_id, ingest_batch from int_arrivals
        union all
        select item_id, -1 as ingest_batch from intermediate.int_item_rows
    )
    group by all
),

named as (
    select file_id, row_number, false as is_history, ingest_batch
    from newest
    semi join repeated using (file_id, row_number)
    where owner_id is not null
    union all
    select history.file_id, history.row_number, true as is_history, history.ingest_batch
    from staged_ownership_history as history
    inner join known on known.item_id = history.item_id and known.ingest_batch < history.ingest_batch
    anti join refused_rows as refused
        on refused.file_id = history.file_id and refused.row_number = history.row_number
    where history.owner_id is not null
    union all
    select waiting.file_id, waiting.row_number, feeds.canonical_table <> 'items' as is_history, files.ingest_batch
    from intermediate.int_waiting_news as waiting
    inner join ops.ingested_files as files using (file_id)
    inner join int_feeds as feeds using (source)
    where not waiting.is_again
),

final as (
    select named.*, files.delivered_at <= getvariable('until_at') as is_closed
    from named
    inner join ops.ingested_files as files using (file_id)
)

select * from final
