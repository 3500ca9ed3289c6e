-- closes: the instants at which deliveries and earlier runs ended.
-- kind: query
-- step: router
-- grain: one row per instant
select distinct epoch_us(close_at) as close_us
from (
    select unnest([frontier_at, closes_at]) as close_at from int_batches
    union
    select effective_at - interval 1 microsecond from ops.batches
    union
    select frontier_at from ops.runs
)
where close_at >= coalesce(getvariable('frontier_at')::timestamptz, '-infinity'::timestamptz)
order by all
-- until ops.runs is there:
select distinct epoch_us(close_at) as close_us
from (
    select unnest([frontier_at, closes_at]) as close_at from int_batches
    union
    select effective_at - interval 1 microsecond from ops.batches
)
where close_at >= coalesce(getvariable('frontier_at')::timestamptz, '-infinity'::timestamptz)
order by all
