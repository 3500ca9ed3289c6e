-- refused_lines: rows set aside in this run, by source and the first rule each row broke.
-- kind: query
-- step: report
-- grain: one row per source and code
-- by: key(source)
select source, code, count(*) as row_count
from (
    select source, first(code) as code
    from int_run_refusals
    group by source, file_id, row_number
)
group by all
order by row_count desc, source, code
