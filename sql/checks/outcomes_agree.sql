-- outcomes_agree: assigned and kept items have an owner and nothing else has; settled items never met the rotation.
-- kind: check
with

items as (
    select item_seq, outcome, owner_id, assigned_at, pool_id, created_at, decided_at
    from marts.fct_items
    where run_id = getvariable('run_id') and item_seq is not null
),

decided as (
    select item_seq, count(*) filter (where kind in ('assign', 'redo')) as assign_count
    from marts.fct_decisions
    where run_id = getvariable('run_id')
    group by all
),

final as (
    select items.item_seq
    from items
    left join decided using (item_seq)
    where
        (items.outcome in ('assigned', 'kept')) <> (items.owner_id is not null)
        or (items.owner_id is not null) <> (items.assigned_at is not null)
        or (items.outcome in ('duplicate', 'disqualified', 'kept') and decided.item_seq is not null)
        or (items.outcome = 'assigned' and coalesce(decided.assign_count, 0) <> 1)
        or (items.outcome = 'held' and coalesce(decided.assign_count, 0) <> 0)
        or items.decided_at < items.created_at
        or items.assigned_at < items.decided_at
)

select * from final
