-- earlier_items: items of earlier runs are where this run's decisions have left them.
-- kind: change
-- step: marts
-- into: marts.fct_items
-- reads: int_item_ends, int_rerouted
update marts.fct_items as items
set outcome = ends.outcome,
    outcome_reason = if(
        ends.outcome = 'assigned' and ends.outcome_reason <> 'manual',
        coalesce(ends.route_flag, ends.outcome_reason),
        ends.outcome_reason
    ),
    owner_id = ends.owner_id,
    assigned_at = ends.assigned_at,
    told_at = ends.told_at,
    first_assigned_at = coalesce(items.first_assigned_at, ends.first_assigned_at),
    pool_id = ends.pool_id,
    queue_id = ends.queue_id,
    territory_id = ends.territory_id,
    route_flag = ends.route_flag,
    priority = ends.priority,
    run_id = getvariable('run_id')
from (
    select
        ends.*,
        if(rerouted.item_seq is null, items.territory_id, rerouted.territory_id) as territory_id,
        if(rerouted.item_seq is null, items.route_flag, rerouted.route_flag) as route_flag,
        coalesce(rerouted.priority, items.priority) as priority,
    from int_item_ends as ends
    inner join marts.fct_items as items using (item_seq)
    left join int_rerouted as rerouted using (item_seq)
) as ends
where items.item_seq = ends.item_seq and ends.item_seq <= getvariable('last_item_seq')
