-- waits_agree: an item that is held or queued has one wait that lasts, in its pool or queue, and no other item has one; a
-- queued item that was closed waits no longer; nobody is alerted, raised or relieved of skills but while it waits.
-- Looked at: items and waits that this run wrote.
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
    select distinct closings.item_seq
    from intermediate.int_item_activities as closings
    semi join looked_at using (item_seq)
    anti join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq and reopened.reopened_at >= closings.at_at
    where closings.kind in ('close', 'return', 'withdraw')
),

-- What is done about an item that waits is done while it waits in that pool, and not before it is due.
entries as (
    select
        item_seq,
        kind,
        pool_id,
        due_at,
        decided_at,
        lag(if(kind in ('skip', 'alert', 'raise', 'drop'), null, kind) ignore nulls) over of_item as kind_before,
        lag(if(kind in ('skip', 'alert', 'raise', 'drop'), null, pool_id) ignore nulls) over of_item as pool_before,
    from marts.fct_decisions
    semi join (
        from marts.fct_decisions where run_id = getvariable('run_id') and kind in ('alert', 'raise', 'drop')
    ) as taken using (item_seq)
    window of_item as (partition by item_seq order by decision_seq)
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
    union all
    select item_seq
    from entries
    where kind in ('alert', 'raise', 'drop')
        and (kind_before is distinct from 'hold' or pool_before is distinct from pool_id or decided_at < due_at)
)

select * from final
