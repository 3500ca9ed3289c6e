-- int_again: items that were set aside and are decided by a newer row: the number that this row has among the due items
-- until that is found out, and the number of the item.
-- kind: temp
-- grain: one row per such item
-- key: item_seq
-- columns:
--   again_seq: number of the row, below 0
--   item_seq: the item
--   file_id: the row that the item came with, as row_number
create or replace temp table int_again (again_seq bigint, item_seq bigint, file_id bigint, row_number bigint)
