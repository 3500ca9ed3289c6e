-- int_withdrawal_events: items that end because every file that tells of them was withdrawn. What else has come by the end of
-- the run that noted the withdrawal, and names the item, keeps it.
-- kind: temp
-- grain: one row per item
-- key: item_seq
-- columns:
--   item_seq: the item
--   occurred_at: when the withdrawal counts
--   at_at: the same, but after the item was decided
--   activity_id: always null: no activity tells of it
--   is_by_contact: always false
with

told as (
    select distinct
        rows.source, rows.item_id, withdrawn.withdrawn_at, withdrawn.last_batch, withdrawn.from_batch,
    from ops.withdrawn_files as withdrawn
    inner join staging.stg_items as rows using (file_id)
),

rows_of_items as (
    select rows.source, rows.item_id, rows.ingest_batch, withdrawn.withdrawn_at
    from staging.stg_items as rows
    left join ops.withdrawn_files as withdrawn using (file_id)
    where (rows.source, rows.item_id) in (select (source, item_id) from told)
),

ended as (
    select told.source, told.item_id, min(told.withdrawn_at) as withdrawn_at, min(told.from_batch) as ingest_batch
    from told
    anti join rows_of_items as other
        on other.source = told.source and other.item_id = told.item_id and other.ingest_batch <= told.last_batch
        and coalesce(other.withdrawn_at > told.withdrawn_at, true)
    group by all
),

items as (
    select item_seq, source, item_id, decided_at from int_due_items where item_seq > 0
    union all
    select item_seq, source, item_id, decided_at from int_earlier_items
),

final as (
    select
        items.item_seq,
        items.source,
        'withdraw' as kind,
        ended.withdrawn_at as occurred_at,
        greatest(ended.withdrawn_at, items.decided_at + interval 1 microsecond) as at_at,
        ended.ingest_batch,
        null::varchar as activity_id,
        false as is_by_contact,
    from ended
    inner join items using (source, item_id)
)

select * from final
