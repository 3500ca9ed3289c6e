-- new_frontier: up to when all is final once this run is.
-- kind: query
-- step: router
-- grain: one row
select greatest(
    getvariable('frontier_at'),
    (select max(closes_at) from int_batches),
    (select max(decided_at) from routed_decisions),
    (select max(decided_at) from routed_breaches),
    (select max(settled_at) from routed_settlements),
    (select max(at_at) from int_item_events)
)
