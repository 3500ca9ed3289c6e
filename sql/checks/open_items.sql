-- open_items: what the router follows is with the owner it thinks, and open items counted again are the counts it has. Of an
-- item whose later owners come from the ownership history it goes on counting the one who kept it.
-- kind: check
with

open_items as (
    select item_seq, pool_id, member_id, is_released from ops.router_open
),

changed as (
    select item_seq, owner_id from marts.fct_items where run_id = getvariable('run_id')
),

counted as (
    select pool_id, member_id, count(*) as open_count
    from open_items
    where not is_released
    group by all
),

carried as (
    select pool_id, member_id, open_count
    from ops.router_state
    where run_id = getvariable('run_id') and open_count <> 0
),

of_users as (
    select member_id as user_id, sum(open_count) as open_count
    from counted
    group by all
),

final as (
    select open_items.item_seq::varchar as name
    from open_items
    inner join changed using (item_seq)
    where open_items.member_id is distinct from changed.owner_id
        and open_items.item_seq not in (select item_seq from marts.fct_ownership where cause = 'manual' and decision_id is null and until_at is null)
    union all
    select coalesce(counted.member_id, carried.member_id) as name
    from counted
    full join carried using (pool_id, member_id)
    where counted.open_count is distinct from carried.open_count
    union all
    select users.user_id as name
    from ops.router_users as users
    left join of_users using (user_id)
    where users.open_count <> coalesce(of_users.open_count, 0)
)

select * from final
