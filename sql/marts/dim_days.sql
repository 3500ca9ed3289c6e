-- marts.dim_days: the local dates of every time zone in use, as instants: to join on, and to know when a day ends.
-- kind: rebuilt
-- grain: one row per time zone and local date, from the first decision to the day of the frontier
-- columns:
--   time_zone: the zone
--   local_date: the date; one that the zone never had is not here
--   from_at: its first instant
--   until_at: its end, exclusive; days overlap by what a clock was turned back over midnight
--   is_business: the zone is the project's
select
    time_zone,
    local_date,
    min(from_at) as from_at,
    max(until_at) as until_at,
    time_zone = getvariable('business_zone') as is_business,
from int_day_stretches
group by all
order by time_zone, local_date
