-- int_history_intervals: the owners of the items that history keeps, one after the other.
-- kind: temp
-- grain: one row per due item kept by history, and recorded owner
-- by: key(item_seq)
-- columns:
--   item_seq: the item
--   place: 1 for the owner who keeps it, then on
--   is_last: has it now
with

kept as (
    select item_seq from int_routing where outcome = 'kept' and outcome_reason = 'history'
),

final as (
    select item_seq, place, owner_id, from_at, until_at, next_from_at, next_from_at is null as is_last
    from int_recorded_owners
    semi join kept using (item_seq)
)

select * from final
