-- int_limit_windows: the windows of limits that end, as core/limits.py has them.
-- kind: temp
-- grain: one row per window
-- key: span
-- columns:
--   setting: name of the limit in a policy
--   span: its name in the state
--   is_dated: it begins with a local date
--   reach_days: so many days back one that is not over, or the one before, can have begun
select * replace (reach_days::integer as reach_days) from lent
