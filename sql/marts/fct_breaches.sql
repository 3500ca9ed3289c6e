-- marts.fct_breaches: every step taken of a target that was missed, or was about to be, and every item declined by its
-- owner, with what followed.
-- kind: table
-- changes: rewritten by item_seq
-- grain: one row per item, target, step, outcome and instant; of a decline per item and instant
-- masks: item_id id, member_id user
-- by: rows of routed_breaches
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id of the item in its source
--   pool_id: pool the owner had it from
--   member_id: the owner who missed the target, or declined
--   kind: breach (a step at the due instant), ahead (before it), later (after it, or one that had to wait) or decline
--   target: the target; of a decline the one whose clock ran
--   due_at: when the target was due
--   decided_at: when the router acted on it
--   is_notified: the manager is to be told
--   outcome: notified, reminded, told (another system), reassigned, queued, returned, waits (nobody could take it yet: the step
--     waits), or stayed (moved as often as it may, touched late, or no step is taken then)
--   policy_version: version of the policy in force
--   run_id: run that last wrote the row
--   target_kind: first_touch or resolve: what was to be done in time; null without a target
--   step_no: place of the step in the ladder, in the order of time, from 1 on; null for a decline
--   step: <<steps>>; null where the target is missed and no
--     step is taken then, and for a decline
--   level: which manager up is told, 1 for the owner's own; null for other steps
--   late_touch: a touch in time was told after the step was taken; the target is met
select
    breaches.item_seq,
    names.source,
    names.item_id,
    breaches.pool_id,
    breaches.member_id,
    breaches.kind,
    breaches.target,
    breaches.due_at,
    breaches.decided_at,
    breaches.is_notified,
    breaches.outcome,
    breaches.policy_version,
    getvariable('run_id') as run_id,
    breaches.target_kind,
    breaches.step_no,
    breaches.step,
    breaches.level,
    false as late_touch,
from routed_breaches as breaches
inner join int_item_names as names using (item_seq)
where breaches.kind <> 'clock'
order by breaches.decided_at, breaches.item_seq, breaches.kind, breaches.target, breaches.step_no, breaches.outcome
