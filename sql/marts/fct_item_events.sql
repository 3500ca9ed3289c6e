-- marts.fct_item_events: what happened to items after they came, as the router and the measures count it.
-- kind: table
-- changes: appended by run_id
-- grain: one row per item, activity and kind; closings told by item rows, withdrawals, and that one qualifies later, have
--   no activity and are one row an item, owners that a person changed one row an item and change, likewise each time that
--   one is open again
-- masks: item_id id, activity_id id, user_id user
-- columns:
--   item_seq: number of the item in canonical order
--   source: feed that delivered the item
--   item_id: id of the item in its source
--   activity_id: the activity; null for what rows of the item itself, or of the ownership history, tell
--   kind: <<event_kinds: said>>
--   user_id: who did it, or got it, where that is said
--   occurred_at: when it happened, as the source says
--   counted_at: when it counts: occurred_at, or later where it was only delivered after that time was final
--   run_id: run that took it up
select
    events.item_seq,
    items.source,
    items.item_id,
    events.activity_id,
    events.kind,
    events.user_id,
    events.occurred_at,
    events.at_at as counted_at,
    events.run_id,
from intermediate.int_item_activities as events
inner join marts.fct_items as items using (item_seq)
where events.run_id = getvariable('run_id')
order by events.at_at, events.item_seq, events.kind, events.activity_id
