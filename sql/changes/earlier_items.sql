-- earlier_items: items of earlier runs are where this run's decisions have left them.
-- kind: change
-- step: marts
-- into: marts.fct_items
-- reads: int_item_ends
update marts.fct_items as items
set outcome = ends.outcome,
    outcome_reason = if(
        ends.outcome = 'assigned' and ends.outcome_reason <> 'manual',
        coalesce(items.route_flag, ends.outcome_reason),
        ends.outcome_reason
    ),
    owner_id = ends.owner_id,
    assigned_at = ends.assigned_at,
    told_at = ends.told_at,
    first_assigned_at = coalesce(items.first_assigned_at, ends.first_assigned_at),
    pool_id = ends.pool_id,
    queue_id = ends.queue_id,
    run_id = getvariable('run_id')
from int_item_ends as ends
where items.item_seq = ends.item_seq and ends.item_seq <= getvariable('last_item_seq')
