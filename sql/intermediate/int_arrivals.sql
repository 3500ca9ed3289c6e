-- int_arrivals: what each accepted item row of this run is: the row its item is decided by, or one more row of an
-- item already known. Within the batch that first brings an item its newest version counts; of equally new ones the one
-- created first, then by content, then by place, so that the order of rows and files never matters.
-- kind: temp
-- grain: one row per accepted item row, new in this run or waiting since an earlier one
-- by: key(item_id)
-- columns:
--   file_id: delivered file
--   row_number: record in the file
--   source: feed that delivered it
--   item_id: id in the source
--   ingest_batch: delivery the item came with
--   created_at: instant the item says it was created
--   role: due (to be decided now), waiting (created after the run's until), repeated (one more row of an item)
with

accepted as (
    select
        file_id,
        row_number,
        source,
        item_id,
        ingest_batch,
        created_at,
        updated_at,
        row_hash,
    from staged_items
    anti join refused_rows using (file_id, row_number)
),

waiting_before as (
    select
        stored.file_id,
        stored.row_number,
        stored.source,
        stored.item_id,
        stored.ingest_batch,
        stored.created_at,
    from staging.stg_items as stored
    semi join intermediate.int_waiting_rows as waiting using (file_id, row_number)
),

known as (
    select source, item_id from intermediate.int_item_rows
    union all
    select source, item_id from waiting_before
),

several as (
    select source, item_id
    from accepted
    group by all
    having count(*) > 1
),

older_versions as (
    select file_id, row_number
    from accepted
    semi join several using (source, item_id)
    qualify row_number() over (
        partition by source, item_id
        order by ingest_batch, updated_at desc nulls last, created_at, row_hash, file_id, row_number
    ) > 1
),

fresh as (
    select
        accepted.file_id,
        accepted.row_number,
        accepted.source,
        accepted.item_id,
        accepted.ingest_batch,
        accepted.created_at,
        older_versions.file_id is not null or known.item_id is not null as is_repeated,
    from accepted
    left join older_versions using (file_id, row_number)
    left join known using (source, item_id)
),

final as (
    select
        * exclude (is_repeated),
        case
            when is_repeated then 'repeated'
            when created_at > getvariable('until_at') then 'waiting'
            else 'due'
        end as role,
    from fresh
    union all by name
    select
        *,
        if(created_at > getvariable('until_at'), 'waiting', 'due') as role,
    from waiting_before
)

select * from final
