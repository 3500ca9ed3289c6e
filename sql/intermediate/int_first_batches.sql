-- int_first_batches: the first delivery of each feed of items that brings its first ones now.
-- kind: temp
-- grain: one row per such source
-- key: source
-- columns:
--   source: the feed
--   ingest_batch: the delivery
select source, min(ingest_batch) as ingest_batch
from int_due_items
anti join intermediate.int_item_rows as earlier using (source)
group by source
