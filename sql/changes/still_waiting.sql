-- still_waiting: activities that wait for a later run.
-- kind: rows
-- step: events
-- grain: one row per activity
-- into: intermediate.int_waiting_activities
-- by: rows of int_still_waiting
from int_still_waiting
