-- compare.items: where each item that came in the compared range, or was moved in it, stood at its end, on both sides.
-- kind: table
-- grain: one row per item decided, or decided about, in the range on either side
-- columns:
--   item_seq: number of the item in canonical order, the same on both sides
--   source: feed that delivered the item
--   item_id: id in the source
--   object_type: kind of item
--   one_state: owned, queued, held, closed (it had an owner or waited, and was closed), or how it was settled without the
--     rotation (duplicate, disqualified)
--   other_state: the same on the other side
--   one_owner_id: who had it at the end of the range; null for nobody
--   other_owner_id: the same on the other side
--   one_first_owner_id: who had it first
--   other_first_owner_id: the same on the other side
--   one_pool_id: pool of its last decision in the range; null where it was not for the rotation
--   other_pool_id: the same on the other side
--   is_owner_different: another user had it at the end, or had it first
with

sides as (
    select 'one' as side, items.* from one.fct_items as items
    union all by name
    select 'other' as side, items.* from other.fct_items as items
),

decided as (
    select 'one' as side, item_seq, pool_id, kind, decision_seq, decided_at from one.fct_decisions
    union all
    select 'other' as side, item_seq, pool_id, kind, decision_seq, decided_at from other.fct_decisions
),

concerned as (
    select item_seq from sides where decided_at >= getvariable('compared_from_at')
    union
    select item_seq from decided where decided_at >= getvariable('compared_from_at')
        and decided_at < getvariable('compared_until_at')
),

items as (
    select side, item_seq, source, item_id, object_type, outcome
    from sides
    semi join concerned using (item_seq)
    where item_seq is not null and decided_at < getvariable('compared_until_at')
),

owned as (
    select 'one' as side, item_seq, owner_id, from_at, until_at from one.fct_ownership
    union all
    select 'other' as side, item_seq, owner_id, from_at, until_at from other.fct_ownership
),

owners as (
    select
        side,
        item_seq,
        arg_min(owner_id, from_at) as first_owner_id,
        arg_max(owner_id, from_at) filter (until_at is null or until_at >= getvariable('compared_until_at')) as owner_id,
    from owned
    where from_at < getvariable('compared_until_at')
    group by all
),

lasts as (
    select side, item_seq, arg_max(pool_id, decision_seq) as pool_id, arg_max(kind, decision_seq) as kind
    from decided
    where decided_at < getvariable('compared_until_at') and kind not in ('alert', 'raise', 'drop')
    group by all
),

standing as (
    select
        items.*,
        owners.first_owner_id,
        owners.owner_id,
        lasts.pool_id,
        case
            when owners.owner_id is not null then 'owned'
            when lasts.kind = 'queue' then 'queued'
            when lasts.kind in ('hold', 'failover') then 'held'
            when lasts.kind is null and items.outcome in ('duplicate', 'disqualified') then items.outcome
            else 'closed'
        end as state,
    from items
    left join owners using (side, item_seq)
    left join lasts using (side, item_seq)
),

final as (
    select
        item_seq,
        any_value(source) as source,
        any_value(item_id) as item_id,
        any_value(object_type) as object_type,
        any_value(state) filter (side = 'one') as one_state,
        any_value(state) filter (side = 'other') as other_state,
        any_value(owner_id) filter (side = 'one') as one_owner_id,
        any_value(owner_id) filter (side = 'other') as other_owner_id,
        any_value(first_owner_id) filter (side = 'one') as one_first_owner_id,
        any_value(first_owner_id) filter (side = 'other') as other_first_owner_id,
        any_value(pool_id) filter (side = 'one') as one_pool_id,
        any_value(pool_id) filter (side = 'other') as other_pool_id,
        one_owner_id is distinct from other_owner_id or one_first_owner_id is distinct from other_first_owner_id
            as is_owner_different,
    from standing
    group by item_seq
)

select * from final order by item_seq
