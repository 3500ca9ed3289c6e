-- int_sla_touches: the first touch of each owner interval of the items in int_sla_items: the first outbound human activity
-- of the owner while the item is theirs and not closed, of its first owner since it was created. Both ends count: at one
-- instant touches come first.
-- kind: temp
-- grain: one row per item and owner interval with a touch
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   from_at: first instant of the interval
--   first_touch_at: instant of the touch
--   is_first_of_item: no owner of the item touched it before
with

owned as (
    select
        owned.item_seq,
        owned.owner_id,
        owned.from_at,
        owned.until_at,
        owned.cause,
        coalesce(feeds.is_live, false) as is_live,
        case
            when owned.cause = 'manual' and not is_live then owned.from_at
            when reopened.item_seq is not null then least(reopened.occurred_at, owned.from_at)
            when owned.from_at = min(owned.from_at) over (partition by owned.item_seq)
                then least(items.created_at, owned.from_at)
            else owned.from_at
        end as since_at,
    from marts.fct_ownership as owned
    semi join int_sla_items using (item_seq)
    inner join marts.fct_items as items using (item_seq)
    left join int_feeds as feeds on feeds.source = owned.source
    left join int_reopened_at as reopened
        on reopened.item_seq = owned.item_seq and reopened.reopened_at = owned.from_at and owned.cause <> 'manual'
),

touches as (
    select item_seq, user_id, occurred_at, at_at
    from intermediate.int_item_activities
    semi join int_sla_items using (item_seq)
    where kind = 'touch'
),

closings as (
    select owned.item_seq, owned.from_at, min(closings.occurred_at) as first_closed_at
    from owned as owned
    inner join intermediate.int_item_activities as closings
        on closings.item_seq = owned.item_seq and closings.kind in ('close', 'return', 'withdraw')
    left join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq
        and reopened.reopened_at >= closings.at_at and reopened.reopened_at <= owned.from_at
    where reopened.item_seq is null
    group by all
),

first_touches as (
    select owned.item_seq, owned.from_at, min(touches.occurred_at) as first_touch_at
    from owned
    inner join touches
        on touches.item_seq = owned.item_seq and touches.user_id = owned.owner_id
        and touches.occurred_at >= owned.since_at
        -- In history mode what is told of an item while it waits counts for nobody; of one that came late it is told after.
        and (owned.is_live or touches.at_at >= owned.from_at)
        and (owned.until_at is null or touches.occurred_at <= owned.until_at)
    left join closings on closings.item_seq = owned.item_seq and closings.from_at = owned.from_at
    where closings.first_closed_at is null
        or touches.occurred_at <= greatest(closings.first_closed_at, owned.from_at)
    group by all
),

-- Only items that changed hands have several to choose from.
contested as (
    select item_seq, arg_min(from_at, (first_touch_at, from_at)) as first_from_at
    from first_touches
    semi join (select item_seq from owned where cause in ('reassigned', 'manual')) using (item_seq)
    group by all
),

final as (
    select
        first_touches.item_seq,
        first_touches.from_at,
        first_touches.first_touch_at,
        coalesce(first_touches.from_at = contested.first_from_at, true) as is_first_of_item,
    from first_touches
    left join contested using (item_seq)
)

select * from final
