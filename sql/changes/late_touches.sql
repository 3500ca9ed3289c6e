-- late_touches: steps of targets that turn out to be met, by a touch in time that was told after them, are marked.
-- kind: change
-- step: marts
-- into: marts.fct_breaches
-- reads: marts.fct_sla
update marts.fct_breaches as breaches
set late_touch = true, run_id = getvariable('run_id')
from marts.fct_sla as sla
where sla.run_id = getvariable('run_id')
    and sla.is_late_touch
    and sla.item_seq = breaches.item_seq
    and sla.owner_id = breaches.member_id
    and sla.target = breaches.target
    and sla.due_at = breaches.due_at
    and breaches.kind in ('breach', 'later')
    and not coalesce(breaches.late_touch, false)
