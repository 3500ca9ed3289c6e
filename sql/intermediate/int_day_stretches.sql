-- int_day_stretches: local dates of the zones that owners live by, from the first decision to the frontier.
-- kind: temp
-- grain: one row per zone, local date and stretch of it
-- key: time_zone, from_at
-- reads: marts.fct_decisions, marts.fct_sla
-- columns:
--   time_zone: IANA name
--   local_date: the date
--   from_at: when it begins
--   until_at: when it ends, exclusive
select
    time_zone,
    '1970-01-01'::date + day::integer as local_date,
    make_timestamptz(from_us) as from_at,
    make_timestamptz(until_us) as until_at,
from lent
