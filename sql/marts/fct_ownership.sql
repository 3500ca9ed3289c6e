-- marts.fct_ownership: who has had each item, and from when until when.
-- kind: table
-- changes: rewritten by item_seq
-- grain: one row per item and owner interval
-- masks: item_id id, owner_id user
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id in the source
--   object_type: kind of item
--   owner_id: the user
--   pool_id: pool that gave it; null for kept items
--   from_at: first instant of ownership
--   until_at: end of ownership, exclusive; null while it lasts
--   cause: rotation, redo, kept, reassigned, or manual: a person gave it to the owner
--   decision_id: router decision behind it; null for items kept by a claim, and for manual where the ownership history
--     that came with the item or before it says so
--   run_id: run that last changed the interval
with

given as (
    select
        decisions.decision_seq,
        decisions.item_seq,
        decisions.source,
        decisions.item_id,
        names.object_type,
        decisions.member_id as owner_id,
        if(decisions.kind = 'keep', null, decisions.pool_id) as pool_id,
        coalesce(routed.since_at, decisions.decided_at) as from_at,
        case decisions.kind
            when 'assign' then 'rotation' when 'reassign' then 'reassigned' when 'handover' then 'reassigned'
            when 'stand_in' then 'reassigned'
            when 'keep' then 'kept' when 'give' then 'manual' else decisions.kind
        end as cause,
        decisions.decision_id,
    from marts.fct_decisions as decisions
    inner join int_item_names as names using (item_seq)
    inner join routed_decisions as routed using (decision_seq)
    where decisions.run_id = getvariable('run_id')
        and decisions.kind in (<<owner_kinds>>)
    union all by name
    select
        0 as decision_seq,
        items.item_seq,
        items.source,
        items.item_id,
        items.object_type,
        coalesce(recorded.owner_id, routing.owner_id) as owner_id,
        coalesce(recorded.from_at, items.decided_at) as from_at,
        recorded.until_at as recorded_until_at,
        recorded.next_from_at,
        if(recorded.place > 1, 'manual', 'kept') as cause,
    from int_routing as routing
    inner join int_due_items as items using (item_seq)
    left join int_history_intervals as recorded using (item_seq)
    where routing.outcome = 'kept'
),

ended as (
    select given.decision_seq, given.item_seq, min(ends.decided_at) as until_at
    from given
    inner join int_owner_ends as ends
        on ends.item_seq = given.item_seq and ends.decision_seq > given.decision_seq
    group by all
),

-- What is recorded of owners counts until the router itself takes the item.
final as (
    select
        given.*,
        if(next_from_at < ended.until_at, recorded_until_at, coalesce(ended.until_at, recorded_until_at)) as until_at,
    from given
    left join ended using (item_seq, decision_seq)
    where given.cause <> 'manual' or given.decision_id is not null or coalesce(given.from_at < ended.until_at, true)
)

select
    item_seq, source, item_id, object_type, owner_id, pool_id,
    from_at, until_at,
    cause, decision_id, getvariable('run_id') as run_id,
from final
order by item_seq, from_at
