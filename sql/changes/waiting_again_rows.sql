-- waiting_again_rows: rows of deliveries that close in a later run wait for it.
-- kind: rows
-- step: arrivals
-- grain: one row per row
-- into: intermediate.int_waiting_news
select distinct file_id, row_number, true as is_again from int_again_rows where not is_closed and purpose <> 'before' order by all
