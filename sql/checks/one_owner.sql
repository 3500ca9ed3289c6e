-- one_owner: an item has one owner at any instant; intervals do not overlap, and the last one is the item's owner.
-- kind: check
with

intervals as (
    select item_seq, owner_id, from_at, until_at
    from marts.fct_ownership
    where run_id = getvariable('run_id')
),

several as (
    select item_seq
    from intervals
    group by all
    having count(*) filter (where until_at is null) > 1
),

final as (
    select item_seq from several
    union all
    select items.item_seq
    from marts.fct_items as items
    left join intervals on intervals.item_seq = items.item_seq and intervals.until_at is null
    where items.run_id = getvariable('run_id')
        and items.owner_id is distinct from intervals.owner_id
        and items.item_seq is not null
)

select * from final
