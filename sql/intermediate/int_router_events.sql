-- int_router_events: the events of this run that the router is handed: those of items it may know of, after what is final;
-- owners that a person changed; and once more, when that counts, what the owners who then have the items have done by then.
-- kind: temp
-- grain: one row per event of an item
-- columns:
--   place: order in which the router takes them
--   at_us: when it counts, in microseconds since 1970
--   kind: <<event_kinds>>
--   member_id: who did it, or got the item; null where that is not said
--   occurred_us: when it happened, in microseconds since 1970
--   before_id: of a gift the owner delivered before; null for none
--   pool_id: of a gift the pool of the item, where the router does not follow it
--   priority: of a gift that of the item
with

followed as (
    select item_seq from ops.router_open
    union all
    select item_seq from int_held_items
    union all
    select item_seq from int_router_arrivals
),

returned as (
    select item_seq, min(at_at) as at_at
    from (
        select item_seq, at_at from intermediate.int_item_activities where kind = 'return'
        union all
        select item_seq, at_at from int_item_events where kind = 'return'
    )
    where item_seq in (select item_seq from int_reopened_at)
    group by all
),

-- An item brings one redo at most, however often it is open again and returned.
told as (
    select
        item_seq,
        if(kind = 'withdraw' or (events.at_at > returned.at_at and kind = 'return'), 'close', kind) as kind,
        user_id, occurred_at, events.at_at, source, activity_id,
    from int_item_events as events
    left join returned using (item_seq)
),

touches as (
    select item_seq, user_id, occurred_at, at_at, source, activity_id from told where kind = 'touch'
    union all
    select item_seq, user_id, occurred_at, at_at, source, activity_id
    from intermediate.int_item_activities
    where kind = 'touch' and item_seq in (select item_seq from int_owner_news)
),

happened as (
    select *
    from told
    where item_seq in (select item_seq from followed union all select item_seq from int_owner_news)
        and (getvariable('frontier_at') is null or at_at > getvariable('frontier_at'))
    union all by name
    select
        item_seq, 'give' as kind, owner_id as user_id, named_at as occurred_at, at_at, source, before_id, pool_id,
        priority,
    from int_owner_news
    union all by name
    select item_seq, 'reroute' as kind, decided_at as occurred_at, decided_at as at_at, source
    from int_reroutings
    where (item_seq, epoch_us(decided_at)) in (select (item_seq, decided_at) from int_router_arrivals where reopens = 3)
    union all by name
    select distinct
        touches.item_seq, 'touch' as kind, touches.user_id, touches.occurred_at, news.at_at, touches.source,
        touches.activity_id,
    from touches
    inner join int_owner_news as news on news.item_seq = touches.item_seq and news.owner_id = touches.user_id
    where touches.at_at <= news.at_at
),

final as (
    select
        row_number() over (
            order by
                at_at, list_position(['give', 'touch', 'close', 'return', 'decline', 'reroute'], kind), item_seq, occurred_at,
                user_id, source, activity_id
        ) as place,
        epoch_us(at_at) as at_us,
        item_seq,
        kind,
        user_id as member_id,
        epoch_us(occurred_at) as occurred_us,
        before_id,
        pool_id,
        priority,
    from happened
)

select * from final
