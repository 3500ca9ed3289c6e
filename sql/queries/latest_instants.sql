-- latest_instants: the instants of the latest run that is not ahead of a bound, or of the last one.
-- kind: query
-- step: staging
-- grain: one row
select max(as_of_at), max(until_at), arg_max(as_of_at, run_id)
from ops.runs
where as_of_at <= $latest or run_id = (select max(run_id) from ops.runs)
