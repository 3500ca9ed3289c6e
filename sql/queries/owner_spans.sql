-- owner_spans: owner intervals of a range of numbers, with whose clock each goes by.
-- kind: query
-- step: marts
-- grain: one row per owner interval
-- by: rows of int_sla_intervals
select
    intervals.interval_no,
    coalesce(clocks.time_zone, users.time_zone, getvariable('business_zone')) as time_zone,
    clocks.clock_no,
    is_first_owner,
    is_first_touched,
    epoch_us(intervals.created_at) as created_us,
    epoch_us(intervals.applied_at) as applied_us,
    epoch_us(intervals.started_at) as started_us,
    epoch_us(intervals.first_touch_at) as touched_us,
    epoch_us(intervals.cleared_at) as cleared_us,
from int_sla_intervals as intervals
left join int_owner_clocks as clocks
    on clocks.policy_version = intervals.policy_version and clocks.owner_id = intervals.owner_id
    and clocks.pool_id = if(intervals.cause = 'kept', '', intervals.pool_id)
    and epoch_us(intervals.applied_at) >= clocks.from_us and epoch_us(intervals.applied_at) < clocks.until_us
left join int_owner_zones as users
    on users.user_id = intervals.owner_id
    and epoch_us(intervals.applied_at) >= users.from_us and epoch_us(intervals.applied_at) < users.until_us
where intervals.interval_no >= $first and intervals.interval_no < $first + $count
order by interval_no
