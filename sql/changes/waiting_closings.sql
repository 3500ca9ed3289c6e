-- waiting_closings: rows that tell of a closing after the run's end.
-- kind: rows
-- step: arrivals
-- grain: one row per row
-- into: intermediate.int_waiting_closings
-- by: rows of int_closing_rows
select file_id, row_number from int_closing_rows where is_ahead
