-- refused_keys: whom or what the refused rows of this run are about, of sources that deliver full lists.
-- kind: rows
-- step: quality
-- grain: one row per refused row
-- into: intermediate.int_refused_keys
-- by: key(file_id)
select rows.source, rows.file_id, nullif(rows.list_key, '') as list_key, getvariable('run_id') as run_id
from int_listed_rows as rows
inner join refused_rows as refused
    on refused.file_id = rows.file_id and refused.row_number = rows.row_number
where refused.suite <> 'staged_items'
