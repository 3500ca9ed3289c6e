-- int_arrived_closed: due items to set aside because the row they are decided by says that they are closed, converted or
-- deleted, whenever that was.
-- kind: temp
-- grain: one row per such item
-- key: item_seq
-- by: rows of int_due_items
-- columns:
--   item_seq: the item
select due.item_seq
from int_due_items as due
inner join int_closing_rows as rows using (file_id, row_number)
inner join int_set_aside_versions using (policy_no)
inner join int_event_words as words using (policy_no)
where rows.is_closed_anyway or list_contains(words.closing_statuses, rows.status_text)
