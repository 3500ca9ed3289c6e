-- int_router_arrivals: the items of this run that the router is told of: all that a rotation decides, and kept ones where
-- their pool counts or times them, their owner may go, or somebody may follow their person.
-- kind: temp
-- grain: one row per item
-- by: rows of int_routing
-- columns:
--   item_seq: the item
--   pool_id: pool whose rotation decides; of a kept item the pool it would have come to
--   decided_at: in microseconds since 1970
--   created_us: when it was created
--   at_closes: its source is live: what is done about it is done at closes
--   ingest_batch: its delivery
--   traits_id: row of int_traits
--   person: number of the person, where the policy lets items follow one; null otherwise
--   kept_by: owner of a kept item
--   follows_survivor: it may stay with the last owner of its person
--   is_followed: it goes on when who keeps it goes; not where the ownership history names later owners
--   is_given: who keeps it has it from a person: by its own row, or by the ownership history
with

items as (
    select item_seq, created_at, is_live, ingest_batch from int_due_items
),

later_owners as (
    select item_seq from int_recorded_owners where place = 2
),

final as (
    select
        routing.item_seq,
        routing.routed_pool_id as pool_id,
        epoch_us(routing.decided_at) as decided_at,
        epoch_us(items.created_at) as created_us,
        items.is_live as at_closes,
        items.ingest_batch,
        routing.priority,
        traits.traits_id,
        if(uses.has_persons, substr(routing.person_id, 2)::bigint, null) as person,
        routing.owner_id as kept_by,
        uses.is_survivor_listed and routing.outcome is null as follows_survivor,
        uses.hands_over and later.item_seq is null as is_followed,
        -- A deputy who stands in has it from the router.
        routing.outcome = 'kept' and (
            (routing.outcome_reason = 'item_owner' and routing.owner_id = delivered.owner_id)
            or (routing.outcome_reason = 'history' and routing.owner_id = recorded.owner_id)
        ) as is_given,
    from int_routing as routing
    inner join items using (item_seq)
    inner join int_policy_uses as uses using (policy_no)
    inner join int_traits as traits using (needs, wishes, prefers, targets)
    left join later_owners as later using (item_seq)
    left join int_delivered_owners as delivered using (item_seq)
    left join int_recorded_owners as recorded on recorded.item_seq = routing.item_seq and recorded.place = 1
    where routing.outcome is null
        or (routing.outcome = 'kept' and (uses.has_persons or list_contains(uses.kept_pools, routing.routed_pool_id)))
)

select * from final order by decided_at, ingest_batch, item_seq
