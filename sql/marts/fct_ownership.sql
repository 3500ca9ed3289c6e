-- marts.fct_ownership: who has had each item, and from when until when.
-- kind: table
-- grain: one row per item and owner interval
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id in the source
--   object_type: kind of item
--   owner_id: the user
--   pool_id: pool that gave it; null for kept items
--   from_at: first instant of ownership
--   until_at: end of ownership, exclusive; null while it lasts
--   cause: rotation, redo, kept, reassigned or manual
--   decision_id: router decision behind it; null for kept items
--   run_id: run that wrote the interval
with

rotated as (
    select
        decisions.item_seq,
        decisions.source,
        decisions.item_id,
        names.object_type,
        decisions.member_id as owner_id,
        decisions.pool_id,
        decisions.decided_at as from_at,
        if(decisions.kind = 'redo', 'redo', 'rotation') as cause,
        decisions.decision_id,
    from marts.fct_decisions as decisions
    inner join int_item_names as names using (item_seq)
    where decisions.run_id = getvariable('run_id') and decisions.kind in ('assign', 'redo')
),

kept as (
    select
        item_seq,
        source,
        item_id,
        object_type,
        owner_id,
        null::varchar as pool_id,
        assigned_at as from_at,
        'kept' as cause,
        null::varchar as decision_id,
    from marts.fct_items
    where run_id = getvariable('run_id') and outcome = 'kept'
),

final as (
    select * from rotated
    union all by name
    select * from kept
)

select
    item_seq, source, item_id, object_type, owner_id, pool_id,
    from_at, null::timestamptz as until_at,
    cause, decision_id, getvariable('run_id') as run_id,
from final
order by item_seq
