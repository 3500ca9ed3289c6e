-- int_closing_events: items that their own rows say are closed, and that were not known to be, or are open again since. A row
-- that is older than one delivered before says nothing new.
-- kind: temp
-- grain: one row per item and delivery that says so
-- columns:
--   item_seq: the item
--   occurred_at: when it was closed: by its closing time, else by the row's last change; not after its delivery
--   at_at: when it counts: then, or of a live item when its delivery closed, but after the item was decided, and after what
--     was final when it was delivered
--   activity_id: always null: no activity tells of it
--   is_by_contact: always false
--   spell: how often it was open again before, as far as this run looks
with

reopenings as (
    select item_seq, ingest_batch from int_reopenings
    union all
    select item_seq, ingest_batch from intermediate.int_item_activities where kind = 'reopen'
),

items as (
    select item_seq, source, item_id, decided_at from int_due_items
    union all
    select item_seq, source, item_id, decided_at from int_earlier_items
),

fresh as (
    select rows.*, items.item_seq, items.decided_at
    from int_closing_rows as rows
    inner join items using (source, item_id)
    left join (
        select item_seq, max(ingest_batch) as ingest_batch
        from intermediate.int_item_activities
        where kind = 'close' and activity_id is null
        group by all
    ) as known using (item_seq)
    where not rows.is_ahead
        and (
            known.item_seq is null
            or exists (
                from reopenings
                where reopenings.item_seq = items.item_seq and reopenings.ingest_batch < rows.ingest_batch
                    and reopenings.ingest_batch >= known.ingest_batch
            )
        )
),

outdated as (
    select fresh.file_id, fresh.row_number
    from fresh
    inner join staging.stg_items as earlier
        on earlier.source = fresh.source and earlier.item_id = fresh.item_id
        and earlier.ingest_batch < fresh.ingest_batch and earlier.updated_at > fresh.updated_at
    left join ops.withdrawn_files as withdrawn on withdrawn.file_id = earlier.file_id
    where fresh.role <> 'due' and coalesce(withdrawn.from_batch > fresh.ingest_batch, true)
),

timed as (
    select
        fresh.*,
        least(coalesce(fresh.closed_at, fresh.updated_at, fresh.created_at), told.closes_at) as occurred_at,
        greatest(
            if(feeds.is_live, told.known_at, occurred_at),
            batches.effective_at,
            fresh.decided_at + interval 1 microsecond
        ) as at_at,
    from fresh
    anti join outdated using (file_id, row_number)
    inner join int_batches as told using (ingest_batch)
    inner join ops.batches as batches using (ingest_batch)
    left join int_feeds as feeds on feeds.source = fresh.source
),

final as (
    select
        timed.item_seq,
        timed.source,
        'close' as kind,
        timed.occurred_at,
        timed.at_at,
        timed.ingest_batch,
        (
            select count(*) from reopenings
            where reopenings.item_seq = timed.item_seq and reopenings.ingest_batch < timed.ingest_batch
        ) as spell,
        null::varchar as activity_id,
        false as is_by_contact,
    from timed
    inner join int_policies as policies on timed.at_at >= policies.from_at and timed.at_at < policies.until_at
    inner join int_event_words as words using (policy_no)
    where timed.is_closed_anyway or list_contains(words.closing_statuses, timed.status_text)
)

select * from final
