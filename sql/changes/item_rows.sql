-- item_rows: the items this run decides.
-- kind: rows
-- step: arrivals
-- grain: one row per item
-- into: intermediate.int_item_rows
-- by: rows of int_due_items
select source, item_id from int_due_items where item_seq > 0
