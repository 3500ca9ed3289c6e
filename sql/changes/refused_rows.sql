-- refused_rows: the first rule that each refused row of a staged table breaks.
-- kind: rows
-- step: quality
-- grain: one row per refused row
-- into: refused_rows
-- by: key(file_id)
select file_id, row_number, $suite as suite, arg_min(rule, place) as rule, arg_min(code, place) as code
from quarantine_hits
group by file_id, row_number
order by file_id, row_number
