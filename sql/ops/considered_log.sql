-- ops.considered_log: what the router saw of each member of the pool at each decision, packed; read it through
-- marts.fct_considered.
-- kind: table
-- grain: one row per router decision
-- columns:
--   decision_seq: the decision
--   roster_id: order of the members in the lists (ops.rosters)
--   reasons: for each member 0 when eligible, else the number of the first reason against it
--   balances: for each member its balance before the decision, in parts of a turn
select
    considered.decision_seq,
    rosters.roster_id,
    considered.reasons,
    considered.balances,
from routed_considered as considered
inner join routed_rosters as rosters on rosters.local_roster_id = considered.roster_id
order by considered.decision_seq
