-- span_of_decisions: from when to when, with a margin, this run decided.
-- kind: query
-- step: router
-- grain: one row
select epoch_us(min(decided_at) - interval 10 days), epoch_us(max(decided_at))
from (
    select decided_at from routed_decisions
    union all
    select decided_at from int_routing where outcome = 'kept'
)
