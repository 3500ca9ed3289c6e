-- items_again: rows of items that this run decides by newer ones make room.
-- kind: change
-- step: marts
-- into: marts.fct_items
-- reads: int_again
delete from marts.fct_items where item_seq in (select item_seq from int_again)
