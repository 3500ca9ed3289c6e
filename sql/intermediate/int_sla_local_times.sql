-- int_sla_local_times: what the instants of owner intervals are by the owner's own clock: local dates and working time.
-- kind: temp
-- grain: one row per owner interval
-- key: interval_no
-- reads: int_sla_intervals, int_owner_clocks, int_owner_zones
-- by: rows of int_sla_intervals
-- columns:
--   interval_no: the interval, of int_sla_intervals
--   time_zone: zone of the owner's days
--   assigned_date: local date of the assignment
--   cleared_date: local date on which the interval was settled; null while it is not
--   decided_date: date of the assignment in the project's zone
--   response_worked_us: working time from assignment to touch, microseconds; null without one
--   lead_worked_us: working time from creation to the item's first touch
--   assign_worked_us: working time from creation to the first assignment
create or replace temp table int_sla_local_times (
    interval_no bigint,
    time_zone varchar,
    assigned_date date,
    cleared_date date,
    decided_date date,
    response_worked_us bigint,
    lead_worked_us bigint,
    assign_worked_us bigint
)
