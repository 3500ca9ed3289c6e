-- ops.considered_log: what the router saw of each member of the pool at each decision, packed; read it through
-- marts.fct_considered.
-- kind: table
-- grain: one row per router decision
-- columns:
--   decision_seq: the decision
--   roster_id: order of the members in the lists (ops.rosters)
--   reasons: for each member 0 when eligible, else the number of the first reason against it
--   balances: for each member its balance before the decision, in parts of a turn
select decision_seq, roster_id, reasons, balances from routed_considered
