-- int_recorded_changes: who got each due item when, by the ownership history that was delivered with it or before it,
-- where its policy asks for history. Of several rows of one instant the one updated later counts, then the one delivered
-- later; within a delivery users go first, and what ties goes by file name, then row. Rows without an owner say nothing.
-- kind: temp
-- grain: one row per due item and instant
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   from_at: the instant
--   owner_id: the recorded owner
--   is_known: a user, as far as the item's own delivery knew; a queue or somebody deleted is not
--   until_at: end as recorded, exclusive; null where none is
--   tied_count: different users recorded from that instant on by one delivery, and equally new
with

items as (
    select due.item_seq, due.object_type, due.item_id, due.ingest_batch, batches.closes_at
    from int_due_items as due
    inner join int_batches as batches using (ingest_batch)
    semi join (from int_precedence where claim = 'history') as asked using (policy_no)
),

-- Whoever comes to be known later was unknown to the item's own delivery: by a later delivery of users, or by a version
-- of the policy that begins later, whether or not a feed tells of the user by now.
known_users as (
    select known.user_id, known.known_from_at, min(users.ingest_batch) as from_batch
    from int_known_users as known
    left join staging.stg_users as users using (user_id)
    group by all
),

told as (
    select
        items.item_seq,
        history.from_at,
        history.until_at,
        history.owner_id,
        history.updated_at,
        history.ingest_batch,
        history.row_number,
        history.file_id,
        files.file_name,
        files.delivered_at,
        known.user_id is not null as is_known,
    from items
    inner join staging.stg_ownership_history as history
        on history.object_type = items.object_type and history.item_id = items.item_id
        and history.ingest_batch <= items.ingest_batch
    inner join ops.ingested_files as files using (file_id)
    left join ops.withdrawn_files as withdrawn using (file_id)
    left join known_users as known
        on known.user_id = history.owner_id
        and (known.from_batch <= items.ingest_batch or known.known_from_at <= items.closes_at)
    where history.owner_id is not null and coalesce(withdrawn.from_batch > items.ingest_batch, true)
),

-- Some exports tell of a change twice, once with the id and once with the name of the owner.
best as (
    select *
    from told
    qualify rank() over (
        partition by item_seq, from_at, ingest_batch order by is_known desc, updated_at desc nulls last
    ) = 1
),

deliveries as (
    select
        item_seq,
        from_at,
        ingest_batch,
        any_value(updated_at) as updated_at,
        any_value(delivered_at) as delivered_at,
        any_value(is_known) as is_known,
        arg_max({'owner_id': owner_id, 'until_at': until_at}, (file_name, row_number, -file_id)) as owned,
        if(any_value(is_known), count(distinct owner_id), 1) as tied_count,
    from best
    group by all
),

compared as (
    select
        *,
        max(updated_at) over earlier as last_updated_at,
        max(delivered_at) over earlier as last_delivered_at,
    from deliveries
    window earlier as (
        partition by item_seq, from_at order by ingest_batch rows between unbounded preceding and 1 preceding
    )
),

newest as (
    select *
    from compared
    where case
        when updated_at <> last_updated_at then updated_at > last_updated_at
        else last_delivered_at is null or delivered_at >= last_delivered_at
    end
    qualify row_number() over (partition by item_seq, from_at order by ingest_batch desc) = 1
),

final as (
    select
        item_seq,
        from_at,
        owned.owner_id as owner_id,
        is_known,
        owned.until_at as until_at,
        tied_count,
    from newest
)

select * from final
