-- waits_agree: an item that is held or queued has one wait that lasts, in its pool or queue, and no other item has one; a
-- queued item that was closed waits no longer. Looked at: items and waits that this run wrote.
-- kind: check
with

looked_at as (
    select item_seq from marts.fct_items where run_id = getvariable('run_id') and item_seq is not null
    union
    select item_seq from marts.fct_waits where run_id = getvariable('run_id')
),

items as (
    select item_seq, outcome, pool_id, queue_id from marts.fct_items semi join looked_at using (item_seq)
),

lasting as (
    select
        item_seq,
        count(*) as wait_count,
        any_value(kind) as kind,
        any_value(pool_id) as pool_id,
        any_value(sent_to) as queue_id,
    from marts.fct_waits
    semi join looked_at using (item_seq)
    where until_at is null
    group by all
),

closed as (
    select distinct item_seq
    from intermediate.int_item_activities
    semi join looked_at using (item_seq)
    where kind in ('close', 'return')
),

final as (
    select items.item_seq
    from items
    left join lasting using (item_seq)
    left join closed using (item_seq)
    where coalesce(lasting.wait_count, 0) <> case items.outcome
            when 'held' then 1 when 'queued' then if(closed.item_seq is null, 1, 0) else 0
        end
        or (lasting.kind = 'hold' and (items.outcome <> 'held' or lasting.pool_id is distinct from items.pool_id))
        or (lasting.kind = 'queue' and lasting.queue_id is distinct from items.queue_id)
)

select * from final
