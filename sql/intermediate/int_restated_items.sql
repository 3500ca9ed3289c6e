-- int_restated_items: the items that a restatement leaves elsewhere than they were.
-- kind: temp
-- grain: one row per item with another outcome, owner, pool or queue
-- columns:
--   item_seq: number of the item in canonical order, which no policy changes
--   is_owner_changed: another user has it now, or nobody any more, or nobody had it before
with

before as (
    select item_seq, outcome, owner_id, pool_id, queue_id from marts.fct_items_before where item_seq is not null
),

after as (
    select item_seq, outcome, owner_id, pool_id, queue_id from marts.fct_items where item_seq is not null
),

final as (
    select item_seq, before.owner_id is distinct from after.owner_id as is_owner_changed
    from before
    inner join after using (item_seq)
    where before is distinct from after
)

select * from final
