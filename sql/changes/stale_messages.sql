-- stale_messages: messages that no longer matter, because the item ended otherwise.
-- kind: change
-- step: comparison
-- into: ops.outbox
-- reads: int_stale_messages
delete from ops.outbox where message_id in (select message_id from int_stale_messages)
