-- int_owner_touches: touches of a contact or account that count for an item: its owner did it, who had the item when it
-- counts, the item was open, and it came earlier than any touch of that owner known by then. What the first owner did
-- counts from the item's creation on, or from when it was open again.
-- kind: temp
-- grain: one row per activity and item
-- columns:
--   item_seq: the item
--   activity_id: the activity
--   source: feed that delivered it
--   kind: what it does, touch
--   user_id: who did it
--   occurred_at: when it happened
--   at_at: the instant from which on it counts
--   ingest_batch: delivery it came with
with

by_contact as (
    select * from int_item_events where is_by_contact
),

-- The owner whose touch is looked for had the item by then, from that very instant on; closing comes after touches of the
-- same instant.
intervals as (
    select
        owned.item_seq,
        owned.owner_id,
        owned.from_at,
        owned.until_at,
        case
            when owned.cause = 'manual' then owned.from_at
            when reopened.item_seq is not null then least(reopened.occurred_at, owned.from_at)
            when owned.from_at = min(owned.from_at) over (partition by owned.item_seq)
                then least(items.created_at, owned.from_at)
            else owned.from_at
        end as since_at,
    from marts.fct_ownership as owned
    inner join marts.fct_items as items using (item_seq)
    left join int_reopened_at as reopened
        on reopened.item_seq = owned.item_seq and reopened.reopened_at = owned.from_at
    where owned.item_seq in (select item_seq from by_contact)
),

owned as (
    select by_contact.*, intervals.from_at, intervals.since_at
    from by_contact
    inner join intervals
        on intervals.item_seq = by_contact.item_seq and intervals.owner_id = by_contact.user_id
        and by_contact.at_at >= intervals.from_at
        and (by_contact.at_at <= intervals.until_at or intervals.until_at is null)
        and by_contact.occurred_at >= intervals.since_at
),

known as (
    select item_seq, kind, user_id, occurred_at, at_at
    from intermediate.int_item_activities
    where item_seq in (select item_seq from owned)
    union all
    select item_seq, kind, user_id, occurred_at, at_at
    from int_item_events
    where not is_by_contact and item_seq in (select item_seq from owned)
),

-- What was closed counts as such until it is open again.
lasting as (
    select known.item_seq, known.kind, known.user_id, known.occurred_at, known.at_at, min(reopened_at) as reopened_at
    from known
    left join int_reopened_at as reopened
        on reopened.item_seq = known.item_seq and reopened.reopened_at >= known.at_at
    group by all
),

open_then as (
    select owned.*
    from owned
    anti join lasting as known
        on known.item_seq = owned.item_seq and known.at_at < owned.at_at
        and (
            (known.kind in ('close', 'return', 'withdraw') and coalesce(known.reopened_at > owned.at_at, true))
            or (
                known.kind = 'touch' and known.user_id = owned.user_id
                and known.occurred_at >= owned.since_at and known.occurred_at <= owned.occurred_at
            )
        )
),

final as (
    select *
    from open_then
    qualify coalesce(
        occurred_at < min(occurred_at) over (
            partition by item_seq, user_id, from_at
            order by at_at, occurred_at, source, activity_id
            rows between unbounded preceding and 1 preceding
        ),
        true
    )
)

select item_seq, activity_id, source, kind, user_id, occurred_at, at_at, ingest_batch from final
