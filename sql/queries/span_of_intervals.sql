-- span_of_intervals: from when to when owner intervals reach.
-- kind: query
-- step: marts
-- grain: one row
select epoch_us(min(created_at)), epoch_us(greatest(max(applied_at), max(started_at), max(first_touch_at))) from int_sla_intervals
