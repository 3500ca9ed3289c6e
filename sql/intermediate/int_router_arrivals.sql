-- int_router_arrivals: the items of this run that the router is told of: all that a rotation decides, and kept ones where
-- their pool counts or times them, their owner may go, or somebody may follow their person; items that are open again; and
-- those that may wait and belong elsewhere now.
-- kind: temp
-- grain: one row per item, and per time that it is open again or belongs elsewhere
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
--   reopens: as in int_reopened; 0 for an item that comes, 3 for one that belongs elsewhere
--   is_queued: such an item was in a queue when this run began
--   last_owner: of an item that is open again who had it before this run, or keeps it in it; null where nobody did
with

items as (
    select item_seq, created_at, is_live, ingest_batch from int_due_items
),

later_owners as (
    select item_seq from int_recorded_owners where place = 2
),

last_owners as (
    select item_seq, last_owner from int_last_owners
    union all
    select item_seq, owner_id as last_owner from int_history_intervals where is_last
    union all
    select item_seq, owner_id as last_owner
    from int_routing
    where outcome = 'kept' and item_seq not in (select item_seq from int_history_intervals)
),

-- Of owners in no pool the router does not know whether they are there.
again as (
    select
        reopened.*,
        owners.last_owner,
        if(
            epoch_us(reopened.decided_at) < getvariable('users_from_us') or active.user_id is not null,
            owners.last_owner, null
        ) as owner_there,
    -- What is folded into another item is with whoever has that one, open again or not.
    from int_reopened as reopened
    anti join (
        select item_seq from int_routing where outcome = 'duplicate'
        union all
        select item_seq from int_earlier_items where outcome = 'duplicate'
    ) as folded using (item_seq)
    left join last_owners as owners using (item_seq)
    left join int_user_intervals as active
        on active.user_id = owners.last_owner
        and reopened.decided_at >= active.from_at and reopened.decided_at < active.until_at
),

coming as (
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
),

final as (
    select *, 0 as reopens, null::varchar as last_owner from coming
    union all by name
    select
        again.item_seq,
        again.pool_id,
        epoch_us(again.decided_at) as decided_at,
        epoch_us(again.occurred_at) as created_us,
        again.is_live as at_closes,
        again.ingest_batch,
        again.priority,
        traits.traits_id,
        case when again.reopens = 1 then again.owner_there when again.reopens_to = 'owner' then again.claimed_by end
            as kept_by,
        false as follows_survivor,
        uses.hands_over as is_followed,
        again.reopens,
        again.last_owner,
    from again
    inner join int_policy_uses as uses using (policy_no)
    inner join int_traits as traits using (needs, wishes, prefers, targets)
    union all by name
    -- Of what was settled without the router only what is kept may come to wait, once its owner goes.
    select
        moved.item_seq,
        moved.pool_id,
        epoch_us(moved.decided_at) as decided_at,
        epoch_us(moved.created_at) as created_us,
        moved.is_live as at_closes,
        moved.ingest_batch,
        moved.priority,
        traits.traits_id,
        if(uses.has_persons, substr(coalesce(routing.person_id, earlier.person_id), 2)::bigint, null) as person,
        null as kept_by,
        false as follows_survivor,
        uses.hands_over as is_followed,
        false as is_given,
        3 as reopens,
        moved.is_queued,
    from int_reroutings as moved
    inner join int_policy_uses as uses using (policy_no)
    inner join int_traits as traits using (needs, wishes, prefers, targets)
    left join int_routing as routing using (item_seq)
    left join int_earlier_items as earlier using (item_seq)
    where routing.outcome is null or routing.outcome = 'kept'
)

select * from final order by decided_at, ingest_batch, item_seq
