-- new_frontier: up to when all is final once this run is.
-- kind: query
-- step: router
-- grain: one row
select greatest(
    getvariable('frontier_at'),
    -- The run itself is a close, where it is of the instant at which it takes place.
    if(getvariable('is_now') and (select bool_or(is_live) from int_feeds), getvariable('until_at'), null),
    (select max(closes_at) from int_batches),
    (select max(decided_at) from routed_decisions),
    (select max(decided_at) from routed_breaches),
    (select max(settled_at) from routed_settlements),
    (select max(at_at) from int_item_events)
)
