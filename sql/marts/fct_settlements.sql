-- marts.fct_settlements: who left a pool, and who got what they were owed, or owed: the rows of the ledger that are no
-- turns. Who leaves a pool keeps nothing of it, who stays shares that by weight, and balances go on summing
-- to zero.
-- kind: table
-- changes: appended by run_id
-- masks: member_id user
-- grain: one row per pool, member and instant at which somebody left
-- by: rows of routed_settlements
-- columns:
--   pool_id: the pool
--   member_id: who left, or who stayed and got a part
--   settled_at: when the membership ended; of who left before there were such rows, the frontier of that run
--   has_left: the row is of one who left; the balance is 0 and the last turn is gone
--   balance_before: parts of a turn before
--   balance_after: parts of a turn after
--   parts: what was added; those of one pool and instant sum to zero
--   policy_version: version in force
--   next_decision_seq: the rows come right before the decision of this number
--   run_id: run that found it
select
    *,
    getvariable('run_id') as run_id,
from routed_settlements
order by pool_id, settled_at, next_decision_seq, has_left desc, member_id
