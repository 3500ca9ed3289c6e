-- int_recorded_changes: who got each due item when, by the ownership history that was delivered with it or before it,
-- where its policy asks for history. What a later delivery says of an instant takes the place of what an earlier one said.
-- kind: temp
-- grain: one row per due item and instant
-- columns:
--   item_seq: the item
--   from_at: the instant
--   owner_id: the recorded owner; of several the one who is a user, then the smallest id
--   is_known: a user, as far as the item's own delivery knew; a queue or somebody deleted is not
--   until_at: end as recorded, exclusive; null where none is
--   tied_count: different users recorded from that instant on
with

items as (
    select due.item_seq, due.object_type, due.item_id, due.ingest_batch
    from int_due_items as due
    semi join (from int_precedence where claim = 'history') as asked using (policy_no)
),

-- Whoever comes to be known later was unknown to the item's own delivery. Members of a policy are known before any feed.
known_users as (
    select
        known.user_id,
        if(
            any_value(known.known_from_at) < min(coalesce(batches.effective_at, '-infinity'::timestamptz)),
            0,
            coalesce(min(users.ingest_batch), 0)
        ) as from_batch,
    from int_known_users as known
    left join staging.stg_users as users using (user_id)
    left join ops.batches as batches using (ingest_batch)
    group by all
),

-- Some exports tell of a change twice, once with the id and once with the name of the owner.
told as (
    select
        items.item_seq,
        history.from_at,
        history.ingest_batch,
        arg_min(
            {'owner_id': history.owner_id, 'is_known': known.user_id is not null, 'until_at': history.until_at},
            (known.user_id is null, history.owner_id, coalesce(history.until_at, 'infinity'::timestamptz))
        ) as owned,
        greatest(count(distinct known.user_id), 1) as tied_count,
    from items
    inner join staging.stg_ownership_history as history
        on history.object_type = items.object_type and history.item_id = items.item_id
        and history.ingest_batch <= items.ingest_batch
    left join known_users as known on known.user_id = history.owner_id and known.from_batch <= items.ingest_batch
    group by all
),

newest as (
    select item_seq, from_at, arg_max({'owned': owned, 'tied_count': tied_count}, ingest_batch) as said
    from told
    group by all
),

final as (
    select
        item_seq,
        from_at,
        said.owned.owner_id as owner_id,
        said.owned.is_known as is_known,
        said.owned.until_at as until_at,
        said.tied_count as tied_count,
    from newest
)

select * from final
