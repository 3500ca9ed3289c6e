-- int_item_matches: the items that the activities of this run name by their ids. An activity is of the items its own
-- delivery knew; where there was none, of the first delivery that brings one.
-- kind: temp
-- grain: one row per activity and item
-- columns:
--   activity_no: the activity
--   item_seq: the item
--   decided_at: when the item was decided
--   is_live: the item's source is: what happened counts from the close of its delivery on
--   is_known: the delivery of the activity knew the item
with

activities as (
    select activity_no, item_id, source, ingest_batch, waits_for
    from int_new_activities
    where item_id is not null and occurred_at <= getvariable('events_until_at')
),

items as (
    select item_id, item_seq, source, ingest_batch, decided_at, true as is_due
    from int_due_items
    semi join activities using (item_id)
    union all
    select item_id, item_seq, source, ingest_batch, decided_at, false as is_due
    from int_earlier_items
    semi join activities using (item_id)
),

-- Activities of a delivery that was withdrawn are of none of the items that come afterwards.
gone as (
    select files.source, files.ingest_batch, max(coalesce(withdrawn.from_batch, 9223372036854775807)) as from_batch
    from ops.ingested_files as files
    left join ops.withdrawn_files as withdrawn using (file_id)
    semi join (
        select told.source, told.ingest_batch
        from ops.ingested_files as told
        inner join ops.withdrawn_files using (file_id)
    ) as told on told.source = files.source and told.ingest_batch = files.ingest_batch
    group by all
),

matches as (
    select
        activities.activity_no,
        items.item_seq,
        items.decided_at,
        feeds.is_live,
        items.ingest_batch as item_batch,
        items.ingest_batch <= activities.ingest_batch as is_known,
    from activities
    inner join items using (item_id)
    left join int_feeds as feeds on feeds.source = items.source
    left join gone on gone.source = activities.source and gone.ingest_batch = activities.ingest_batch
    where (items.is_due or activities.waits_for is null)
        and coalesce(items.ingest_batch < gone.from_batch or items.ingest_batch <= activities.ingest_batch, true)
),

final as (
    select activity_no, item_seq, decided_at, coalesce(is_live, false) as is_live, is_known
    from matches
    qualify if(
        bool_or(is_known) over (partition by activity_no),
        is_known,
        item_batch = min(item_batch) over (partition by activity_no)
    )
)

select * from final
