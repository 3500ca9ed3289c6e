-- waiting_rows: rows created after the run's end.
-- kind: rows
-- step: arrivals
-- grain: one row per row
-- into: intermediate.int_waiting_rows
-- by: rows of int_arrivals
select file_id, row_number from int_arrivals where role = 'waiting'
