-- intermediate.int_item_rows: the ids of every item decided so far, so that further rows of it are known for what they are.
-- kind: declared
-- grain: one row per item
-- columns:
--   source: feed that delivered it
--   item_id: id in the source
create table if not exists intermediate.int_item_rows (
    source varchar,
    item_id varchar
)
