-- ops.fair_shares: what each run adds to the fairness measures, by local day of the project.
-- kind: table
-- changes: appended by run_id
-- grain: one row per run, pool, member and day
-- masks: member_id user
-- columns:
--   pool_id: the pool
--   member_id: the member
--   decided_date: day of the decisions in the project's time zone
--   assigned_count: items got by rotation, redo token or reassignment
--   turn_count: turns charged, skipped ones included; a turn that moved with its item is taken from who lost it
--   fair_share_parts: what the weights give among those accruing, summed over the decisions, in parts of a turn
--   credited_parts: what the ledger credited, which a cut price makes smaller
--   charged_parts: what the ledger charged
--   settled_parts: what members who left have left to the member; below zero what it left itself, or a debt it took on
--   run_id: the run
select
    pool_id,
    member_id,
    '1970-01-01'::date + day::integer as decided_date,
    assigned_count,
    turn_count,
    fair_share_parts,
    credited_parts,
    charged_parts,
    settled_parts,
    getvariable('run_id') as run_id,
from routed_fair_shares
order by pool_id, member_id, day
