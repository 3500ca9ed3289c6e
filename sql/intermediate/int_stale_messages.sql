-- int_stale_messages: messages of a restatement that nobody is to get: they were not due before it, and tell of what has
-- not changed in the end, or of something an item only passed through.
-- kind: temp
-- grain: one row per message
-- columns:
--   message_id: the message
with

fresh as (
    select message_id, kind, item_seq, recipient_id, created_at
    from ops.outbox
    anti join ops.outbox_before using (message_id)
),

moved as (
    select item_seq, items.owner_id, items.outcome
    from int_restated_items
    inner join marts.fct_items as items using (item_seq)
),

newest as (
    select item_seq, kind, max(created_at) as created_at
    from ops.outbox
    where kind <> 'breach'
    group by all
),

wanted as (
    select message_id
    from fresh
    inner join moved using (item_seq)
    inner join newest using (item_seq, kind, created_at)
    where fresh.kind = 'crm_owner_update' or fresh.recipient_id = moved.owner_id
        or fresh.kind = moved.outcome
),

final as (
    select message_id from fresh anti join wanted using (message_id)
)

select * from final
