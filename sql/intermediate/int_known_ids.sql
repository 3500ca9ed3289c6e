-- int_known_ids: ids of items that wait or are decided, with when each was created: what a new row of the same id is
-- compared with.
-- kind: temp view
-- grain: one row per waiting row, and per item decided
-- columns:
--   source: feed that delivered it
--   item_id: id of the item in its source
--   created_at: when the item was created
select stored.source, stored.item_id, stored.created_at
from staging.stg_items as stored
semi join intermediate.int_waiting_rows as waiting using (file_id, row_number)
union all
select source, item_id, created_at from marts.fct_items where item_seq is not null
-- until marts.fct_items is there:
select stored.source, stored.item_id, stored.created_at
from staging.stg_items as stored
semi join intermediate.int_waiting_rows as waiting using (file_id, row_number)
