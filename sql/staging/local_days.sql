-- local_days: local days of the zones and years that local times of the new rows are in, and how far they are from UTC.
-- kind: temp
-- grain: one row per zone, local day and stretch of one offset within it
-- reads: time_cells, zone_names
-- columns:
--   zone: IANA name
--   day: local date, in days since 1970-01-01
--   local_from_us: when the whole stretch begins, microseconds of the local clock
--   local_until_us: when it ends, exclusive
--   offset_us: UTC is local time less this, microseconds
--   is_gap: the clock skips these times
--   is_repeated: the clock shows these times twice
with

stretches as (
    select *, local_from_us // 86400000000 as first_day, (local_until_us - 1) // 86400000000 as last_day
    from lent
)

select
    zone, unnest(range(first_day, last_day + 1)) as day, local_from_us, local_until_us, offset_us, is_gap, is_repeated
from stretches
