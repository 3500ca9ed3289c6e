-- ops.clocks: clocks of targets that no decision tells of: of kept items, and of targets for closing.
-- kind: table
-- changes: appended by run_id
-- grain: one row per item, owner and kind of target
-- masks: member_id user
-- by: rows of routed_breaches
-- columns:
--   item_seq: the item
--   member_id: the owner whose clock it is
--   applied_at: since when the owner has it
--   target_kind: first_touch or resolve
--   target: name of the target
--   due_at: when it is due; null where that lies beyond 400 days
--   run_id: run that started it
select
    item_seq,
    member_id,
    decided_at as applied_at,
    target_kind,
    target,
    due_at,
    getvariable('run_id') as run_id,
from routed_breaches
where kind = 'clock'
order by item_seq, decided_at, target_kind
