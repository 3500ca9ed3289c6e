-- warning_lines: rows accepted with a warning in this run.
-- kind: query
-- step: report
-- grain: one row per source and code
-- by: key(source)
select source, code, sum(failed_count)::bigint as row_count
from ops.quality_codes
where run_id = getvariable('run_id') and action = 'warn'
group by all
order by row_count desc, source, code
