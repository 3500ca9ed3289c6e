-- outcomes_agree: assigned and kept items have an owner and nothing else has but duplicates, queued ones a queue; settled items never met
-- the rotation, and no item is given twice but by a reassignment.
-- kind: check
with

items as (
    select
        item_seq, outcome, outcome_reason, owner_id, assigned_at, first_assigned_at, queue_id, pool_id, created_at,
        decided_at,
    from marts.fct_items
    where run_id = getvariable('run_id') and item_seq is not null
),

reopened as (
    select item_seq, count(*) as reopened_count from int_reopened group by all
),

decided as (
    select
        item_seq,
        count(*) filter (where kind in ('assign', 'redo', 'keep')) as given_count,
        count(*) filter (where kind in (<<moving_kinds>>, 'give')) as reassign_count,
        -- Its owner was gone, and nobody could take it: it waits again. Or it was closed, and is open again. Or it left a
        -- queue, as it belongs elsewhere.
        count(*) filter (where (kind = 'hold' and previous_member_id is not null) or kind = 'reroute')
            + coalesce(any_value(reopened_count), 0) as left_count,
    from marts.fct_decisions
    left join reopened using (item_seq)
    where run_id = getvariable('run_id')
    group by all
),

final as (
    select items.item_seq
    from items
    left join decided using (item_seq)
    where
        (items.outcome <> 'duplicate' and (items.outcome in ('assigned', 'kept')) <> (items.owner_id is not null))
        or (items.outcome in ('assigned', 'kept')) <> (items.assigned_at is not null)
        or (items.assigned_at is not null and items.first_assigned_at is null)
        or (items.outcome = 'queued') <> (items.queue_id is not null)
        or (
            items.outcome in ('duplicate', 'disqualified', 'kept') and decided.item_seq is not null and decided.left_count = 0
            and coalesce(items.outcome_reason not in ('closed_while_waiting', 'withdrawn', 'survivor', 'reopened'), true)
        )
        or decided.given_count > 1 + decided.left_count
        or (items.outcome = 'assigned' and coalesce(decided.given_count + decided.reassign_count, 0) = 0)
        or (items.outcome = 'held' and coalesce(decided.given_count + decided.reassign_count, 0) <> 0
            and coalesce(decided.left_count, 0) = 0)
        or items.decided_at < items.created_at
        or items.first_assigned_at < items.decided_at
        or items.assigned_at < items.first_assigned_at
)

select * from final
