-- int_item_events: what happened to items and is news to this run. What is told twice happened once, when it counted first.
-- kind: temp
-- grain: one row per item, activity and kind; closings told by item rows, and withdrawals, have no activity and are one row
--   an item and time that it was open
-- columns:
--   item_seq: the item
--   activity_id: the activity; null for a closing told by the item's own row and for a withdrawal
--   kind: <<event_kinds>>
--   at_at: when it counts
--   is_by_contact: a touch of the item's contact or account, which counts if the user has the item
--   activity_no: the activity's row in int_new_activities
with

happened as (
    select * from int_activity_events
    union all by name
    select * from int_closing_events
    union all by name
    select * from int_withdrawal_events
),

-- Of an item that is open again the end of each time counts.
untold as (
    select * from happened where spell is not null
    union all
    select happened.*
    from (select * from happened where spell is null) as happened
    anti join intermediate.int_item_activities as known
        on known.item_seq = happened.item_seq and known.kind = happened.kind and known.source = happened.source
        and known.activity_id is not distinct from happened.activity_id
),

final as (
    select *
    from untold
    -- An activity that is looked at again for another item's sake says nothing new of what is final. A closing told by the
    -- item's own row is not looked at again once it is known.
    where getvariable('frontier_at') is null or at_at > getvariable('frontier_at') or activity_no is null
    qualify row_number() over (
        partition by item_seq, kind, source, activity_id, spell order by at_at, ingest_batch, occurred_at, row_hash
    ) = 1
)

select * from final
