-- int_recorded_stretches: the changes of int_recorded_changes as stretches: an owner has the item until the next one
-- begins, or until the record ends. What ended before the item's decision is left out.
-- kind: temp
-- grain: one row per due item and stretch of one owner
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   owner_id: the recorded owner, whoever that is
--   is_known: a user, as far as the item's own delivery knew
--   from_at: first instant, not before the item's decision
--   until_at: end, exclusive; null while it lasts
--   tied_count: different users recorded from the same instant on
--   is_overlapping: recorded as lasting longer than to the start of the next
with

items as (
    select item_seq, decided_at from int_due_items
),

changes as (
    select
        *,
        owner_id is distinct from lag(owner_id) over of_item or from_at > lag(until_at) over of_item as is_other,
    from int_recorded_changes
    window of_item as (partition by item_seq order by from_at)
),

-- Histories of whole records have a row for every change of any field: the same owner goes on.
numbered as (
    select *, count_if(is_other) over (partition by item_seq order by from_at) as stretch_no from changes
),

stretches as (
    select
        item_seq,
        stretch_no,
        any_value(owner_id) as owner_id,
        any_value(is_known) as is_known,
        min(from_at) as from_at,
        arg_max({'at': until_at}, from_at).at as until_at,
        max(tied_count) as tied_count,
    from numbered
    group by all
),

following as (
    select *, lead(from_at) over (partition by item_seq order by stretch_no) as next_from_at from stretches
),

clipped as (
    select
        following.*,
        greatest(following.from_at, items.decided_at) as counted_from_at,
        least(following.until_at, following.next_from_at) as counted_until_at,
    from following
    inner join items using (item_seq)
),

final as (
    select
        item_seq,
        owner_id,
        is_known,
        counted_from_at as from_at,
        counted_until_at as until_at,
        tied_count,
        coalesce(until_at > next_from_at, false) as is_overlapping,
    from clipped
    where counted_until_at is null or counted_until_at > counted_from_at
)

select * from final
