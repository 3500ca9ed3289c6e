-- int_still_waiting: activities of this run that have to wait: for their time, or for the item they name.
-- kind: temp
-- grain: one row per activity version
-- columns:
--   waits_for: time or item; the other columns are those of int_waiting_activities
with

ahead as (
    select activity_no from int_new_activities where occurred_at > getvariable('events_until_at')
    union
    select activity_no from int_item_events where at_at > getvariable('events_until_at')
),

unmatched as (
    select activity_no
    from int_new_activities
    anti join ahead using (activity_no)
    anti join int_item_matches using (activity_no)
    where item_id is not null
),

final as (
    select activities.*, waiting.waits_for as waits
    from int_new_activities as activities
    inner join (
        select activity_no, 'time' as waits_for from ahead
        union all
        select activity_no, 'item' as waits_for from unmatched
    ) as waiting using (activity_no)
    -- Delivered again, word for word: it waits already.
    anti join (
        from intermediate.int_waiting_activities
        where rowid not in (select waiting_row from int_new_activities where waiting_row is not null)
    ) as known
        on known.source = activities.source and known.activity_id = activities.activity_id
        and known.row_hash = activities.row_hash
    qualify row_number() over (partition by source, activity_id, row_hash order by ingest_batch) = 1
)

select * exclude (activity_no, waiting_row, waits_for, is_human, waits), waits as waits_for from final
