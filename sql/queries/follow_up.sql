-- follow_up: what happened in this run beyond a turn of the rotation, counted.
-- kind: query
-- step: report
-- grain: one row per kind of happening
select 'events', count(*) from int_item_events
union all
select 'breached', count(distinct (item_seq, target, due_at)) from routed_breaches where kind = 'breach'
union all
select 'weak_keys', count(*) from ops.weak_keys where run_id = getvariable('run_id')
union all
select name, count(decided.kind)
from (
    values ('reassigned', 'reassign'), ('queued', 'queue'), ('failed_over', 'failover'), ('withdrawn', 'withdraw'),
        ('stayed_with_owner', 'keep')
) as names(name, kind)
left join (select kind from routed_decisions where kind not in ('assign', 'hold')) as decided using (kind)
group by all
