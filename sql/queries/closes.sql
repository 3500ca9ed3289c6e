-- closes: the instants at which deliveries and earlier runs ended, and those at which what was told is known.
-- kind: query
-- step: router
-- grain: one row per instant
select epoch_us(close_at) as close_us, bool_or(is_end) as is_end, bool_or(is_known) as is_known
from (
    select unnest([frontier_at, closes_at]) as close_at, true as is_end, false as is_known from int_batches
    union all
    select known_at as close_at, false as is_end, true as is_known from int_batches
    union all
    select effective_at - interval 1 microsecond as close_at, true as is_end, false as is_known from ops.batches
    union all
    select frontier_at as close_at, true as is_end, false as is_known from ops.runs
    union all
    select as_of_at as close_at, false as is_end, true as is_known from ops.runs where getvariable('is_now')
)
where close_at >= coalesce(getvariable('frontier_at')::timestamptz, '-infinity'::timestamptz)
group by all
order by all
-- until ops.runs is there:
select epoch_us(close_at) as close_us, bool_or(is_end) as is_end, bool_or(is_known) as is_known
from (
    select unnest([frontier_at, closes_at]) as close_at, true as is_end, false as is_known from int_batches
    union all
    select known_at as close_at, false as is_end, true as is_known from int_batches
    union all
    select effective_at - interval 1 microsecond as close_at, true as is_end, false as is_known from ops.batches
)
where close_at >= coalesce(getvariable('frontier_at')::timestamptz, '-infinity'::timestamptz)
group by all
order by all
