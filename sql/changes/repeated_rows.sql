-- repeated_rows: rows of this run that repeat an item.
-- kind: rows
-- step: arrivals
-- grain: one row per row
-- into: ops.repeated_rows
-- by: rows of int_arrivals
select getvariable('run_id') as run_id, source, item_id, file_id, row_number, ingest_batch, created_at
from int_arrivals
where role = 'repeated'
order by file_id, row_number
