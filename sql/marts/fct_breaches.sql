-- marts.fct_breaches: every target missed and every item declined by its owner, with what followed.
-- kind: table
-- changes: appended by run_id
-- grain: one row per item, kind and instant
-- masks: item_id id, member_id user
-- by: rows of routed_breaches
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id of the item in its source
--   pool_id: pool the owner had it from
--   member_id: the owner who missed the target, or declined
--   kind: breach (no touch in time) or decline
--   target: the target that was missed; null for a decline
--   due_at: when the touch was due; null for a decline
--   decided_at: when the router acted on it
--   is_notified: the manager is to be told
--   outcome: notified, reassigned, queued, or stayed (nobody else could take it)
--   policy_version: version of the policy in force
--   run_id: run that found it
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
from routed_breaches as breaches
inner join int_item_names as names using (item_seq)
order by breaches.decided_at, breaches.item_seq, breaches.kind
