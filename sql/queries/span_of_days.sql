-- span_of_days: the days that measures are counted by: first and last instant.
-- kind: query
-- step: marts
-- grain: one row
select
    epoch_us(least((select min(decided_at) from marts.fct_decisions), (select min(applied_at) from marts.fct_sla))),
    epoch_us(getvariable('new_frontier_at')::timestamptz),
