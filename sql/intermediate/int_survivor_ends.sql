-- int_survivor_ends: when items that others may be folded into were closed or deleted, as far as this run knows.
-- kind: temp
-- grain: one row per item that was closed, due or known by a key of this run
-- key: item_seq
-- columns:
--   item_seq: the item
--   closed_us: when it was closed, in microseconds since 1970
--   known_us: from when on that counts
--   gone_us: from when on it counts as deleted, or its file as withdrawn; null for an item that is not
with

looked_at as (
    select first_item_seq as item_seq
    from intermediate.int_persons
    where person_no in (select person_no from int_keys union select person_no from int_key_pairs)
    union
    select item_seq from int_due_items
),

closings as (
    select item_seq, occurred_at, at_at
    from int_item_events
    where kind in ('close', 'withdraw') and item_seq in (select item_seq from looked_at)
    union all
    select item_seq, occurred_at, at_at
    from intermediate.int_item_activities
    where kind in ('close', 'withdraw') and item_seq in (select item_seq from looked_at)
),

-- What is open again is as if it had not been closed.
standing as (
    select closings.*
    from closings
    anti join int_reopened_at as reopened
        on reopened.item_seq = closings.item_seq and reopened.reopened_at >= closings.at_at
),

closed as (
    select item_seq, epoch_us(arg_min(occurred_at, at_at)) as closed_us, epoch_us(min(at_at)) as known_us
    from standing
    group by all
),

named as (
    select item_seq, source, item_id from int_due_items semi join closed using (item_seq)
    union all
    select item_seq, source, item_id from int_earlier_items semi join closed using (item_seq)
),

-- Of several rows of one delivery the newest says how the item stands.
newest as (
    select
        named.item_seq, rows.file_id, rows.ingest_batch, rows.is_deleted,
        coalesce(rows.closed_at, rows.updated_at, rows.created_at) as said_at,
    from staging.stg_items as rows
    inner join named using (source, item_id)
    qualify row_number() over (
        partition by named.item_seq, rows.ingest_batch
        order by rows.updated_at desc nulls last, rows.created_at, rows.row_hash, rows.file_id, rows.row_number
    ) = 1
),

gone as (
    select
        newest.item_seq,
        epoch_us(min(greatest(
            least(newest.said_at, files.closes_at), coalesce(batches.effective_at, '-infinity'::timestamptz)
        ))) as gone_us,
    from newest
    inner join ops.ingested_files as files using (file_id)
    inner join ops.batches as batches on batches.ingest_batch = newest.ingest_batch
    where newest.is_deleted
    group by all
),

-- What ended because its file was withdrawn never was: nothing is folded into it any more.
withdrawn as (
    select item_seq, epoch_us(min(at_at)) as gone_us
    from (
        select item_seq, at_at from int_item_events where kind = 'withdraw'
        union all
        select item_seq, at_at from intermediate.int_item_activities where kind = 'withdraw'
    )
    where item_seq in (select item_seq from looked_at)
    group by all
)

select closed.item_seq, closed.closed_us, closed.known_us, least(gone.gone_us, withdrawn.gone_us) as gone_us
from closed
left join gone using (item_seq)
left join withdrawn using (item_seq)
