-- int_router_events: the events of this run that the router is handed: those of items it may know of, after what is final.
-- kind: temp
-- grain: one row per event of an item
-- columns:
--   place: order in which the router takes them
--   at_us: when it counts, in microseconds since 1970
--   kind: <<event_kinds>>
--   member_id: who did it; null where that is not said
--   occurred_us: when it happened, in microseconds since 1970
with

followed as (
    select item_seq from ops.router_open
    union all
    select item_seq from int_held_items
    union all
    select item_seq from int_router_arrivals
),

final as (
    select
        row_number() over (
            order by
                at_at, list_position(['touch', 'close', 'return', 'decline'], kind), item_seq, occurred_at,
                user_id, source, activity_id
        ) as place,
        epoch_us(at_at) as at_us,
        item_seq,
        kind,
        user_id as member_id,
        epoch_us(occurred_at) as occurred_us,
    from int_item_events
    where item_seq in (select item_seq from followed)
        and (getvariable('frontier_at') is null or at_at > getvariable('frontier_at'))
)

select * from final
