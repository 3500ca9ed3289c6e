-- int_history_intervals: the owners of the items that history keeps, one after the other.
-- kind: temp
-- grain: one row per due item kept by history, and recorded owner
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   place: 1 for the owner who keeps it, then on
--   is_last: has it now
with

-- Where a deputy stands in for the owner it names, the record says nothing of who has the item.
kept as (
    select item_seq, owner_id from int_routing where outcome = 'kept' and outcome_reason = 'history'
),

stood_in as (
    select recorded.item_seq
    from int_recorded_owners as recorded
    inner join kept on kept.item_seq = recorded.item_seq and kept.owner_id <> recorded.owner_id
    where recorded.place = 1
),

final as (
    select item_seq, place, owner_id, from_at, until_at, next_from_at, next_from_at is null as is_last
    from int_recorded_owners
    semi join kept using (item_seq)
    anti join stood_in using (item_seq)
)

select * from final
