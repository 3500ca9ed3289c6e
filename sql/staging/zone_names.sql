-- zone_names: the names of time zones that a cell may have.
-- kind: temp
-- grain: one row per zone
-- key: zone
-- columns:
--   zone: IANA name
from lent
