-- intermediate.int_item_activities: what happened to items after they came, as the router and the measures count it.
-- A touch of a contact or account stands here for every item of theirs that the user had when it counted, as long as it
-- says more than an earlier one.
-- kind: declared
-- grain: one row per item, activity and kind; closings told by item rows, withdrawals, and that one qualifies later, have
--   no activity and are one row an item, owners that a person changed one row an item and change, likewise each time that
--   one is open again
-- columns:
--   item_seq: the item
--   activity_id: the activity; null for a closing that the item's own row tells
--   source: feed that delivered it
--   kind: <<event_kinds>>
--   user_id: who did it, or got it, where that is said
--   occurred_at: when it happened, as the source says
--   at_at: when it counts: occurred_at, or after the item was decided and after what was final when it was delivered
--   ingest_batch: delivery it came with
--   run_id: run that took it up
create table if not exists intermediate.int_item_activities (
    item_seq bigint,
    activity_id varchar,
    source varchar,
    kind varchar,
    user_id varchar,
    occurred_at timestamptz,
    at_at timestamptz,
    ingest_batch bigint,
    run_id varchar
)
