-- int_recorded_stretches: who had each due item by the ownership history that was delivered with it or before it, where
-- its policy asks for history. What a later delivery says of the same start takes the place of what an earlier one said.
-- An owner has the item until the next one begins, or until the record ends; what ended before the decision is left out.
-- kind: temp
-- grain: one row per due item and stretch of one owner
-- columns:
--   item_seq: the item
--   owner_id: the recorded owner, whoever that is
--   from_at: first instant, not before the item's decision
--   until_at: end, exclusive; null while it lasts
--   tied_count: different owners recorded from the same instant on; of them the smallest id stands
--   is_overlapping: recorded as lasting longer than to the start of the next
with

items as (
    select due.item_seq, due.object_type, due.item_id, due.ingest_batch, due.decided_at
    from int_due_items as due
    semi join (from int_precedence where claim = 'history') as asked using (policy_no)
),

told as (
    select
        items.item_seq,
        history.from_at,
        history.ingest_batch,
        arg_min(
            {'owner_id': history.owner_id, 'until_at': history.until_at},
            (history.owner_id, coalesce(history.until_at, 'infinity'::timestamptz))
        ) as owned,
        count(distinct history.owner_id) as tied_count,
    from items
    inner join staging.stg_ownership_history as history
        on history.object_type = items.object_type and history.item_id = items.item_id
        and history.ingest_batch <= items.ingest_batch
    group by all
),

starts as (
    select item_seq, from_at, arg_max({'owned': owned, 'tied_count': tied_count}, ingest_batch) as newest
    from told
    group by all
),

rows as (
    select
        item_seq,
        from_at,
        newest.owned.owner_id as owner_id,
        newest.owned.until_at as until_at,
        newest.tied_count as tied_count,
        owner_id is distinct from lag(owner_id) over of_item or from_at > lag(until_at) over of_item as is_other,
    from starts
    window of_item as (partition by item_seq order by from_at)
),

-- Histories of whole records have a row for every change of any field: the same owner goes on.
numbered as (
    select *, count_if(is_other) over (partition by item_seq order by from_at) as stretch_no from rows
),

stretches as (
    select
        item_seq,
        stretch_no,
        any_value(owner_id) as owner_id,
        min(from_at) as from_at,
        arg_max({'at': until_at}, from_at).at as until_at,
        arg_min(tied_count, from_at) as tied_count,
    from numbered
    group by all
),

following as (
    select *, lead(from_at) over (partition by item_seq order by stretch_no) as next_from_at from stretches
),

final as (
    select
        following.item_seq,
        following.owner_id,
        greatest(following.from_at, items.decided_at) as from_at,
        least(following.until_at, following.next_from_at) as until_at,
        following.tied_count,
        coalesce(following.until_at > following.next_from_at, false) as is_overlapping,
    from following
    inner join items using (item_seq)
    where coalesce(least(following.until_at, next_from_at) > greatest(following.from_at, items.decided_at), true)
)

select * from final
