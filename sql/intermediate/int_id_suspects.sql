-- int_id_suspects: new rows of an id that was created at another instant before, by an earlier run or an earlier row.
-- kind: temp
-- grain: one row per such row
-- columns:
--   file_id: delivered file; likewise row_number of the row
--   first_file_id: file of the first row of the id in this run, where no earlier run knew it; likewise first_row_number
with

accepted as (
    select file_id, row_number, source, item_id, ingest_batch, created_at, updated_at, row_hash
    from staged_items
    anti join refused_rows using (file_id, row_number)
),

several as (
    select source, item_id
    from accepted
    group by all
    having min(created_at) <> max(created_at)
),

firsts as (
    select source, item_id, file_id as first_file_id, row_number as first_row_number, created_at as first_created_at
    from accepted
    semi join several using (source, item_id)
    anti join int_known_ids using (source, item_id)
    qualify row_number() over (
        partition by source, item_id
        order by ingest_batch, created_at, updated_at nulls last, row_hash, file_id, row_number
    ) = 1
),

final as (
    select accepted.file_id, accepted.row_number, source, item_id, null::bigint as first_file_id, null::bigint as first_row_number
    from accepted
    inner join int_known_ids as known using (source, item_id)
    where accepted.created_at <> known.created_at
    union all
    select accepted.file_id, accepted.row_number, source, item_id, firsts.first_file_id, firsts.first_row_number
    from accepted
    inner join firsts using (source, item_id)
    where accepted.created_at <> firsts.first_created_at
)

select * from final
