-- marts.owner_at: the owner of an item at an instant.
-- kind: macro
-- grain: one row per source that has the item, none when nobody owned it
create or replace macro marts.owner_at(wanted_item_id, wanted_at) as table (
    select source, item_id, owner_id, from_at, until_at, cause
    from marts.fct_ownership
    where item_id = wanted_item_id
        and from_at <= wanted_at::timestamptz
        and (until_at is null or until_at > wanted_at::timestamptz)
    order by source
)
