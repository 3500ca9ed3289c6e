-- settlements: who left a pool was no member of it any more, and what they left went to those who stayed: by weight, each
-- the floor, the first of the roster the rest; without weights in equal parts. Who is no member has no balance and no turn.
-- kind: check
with

settled as (
    from marts.fct_settlements where run_id = getvariable('run_id')
),

instants as (
    select
        pool_id,
        policy_version,
        settled_at,
        next_decision_seq,
        -sum(parts) filter (has_left)::hugeint as left_parts,
        sum(parts) as sum_parts,
    from settled
    group by all
),

staying as (
    select
        instants.* exclude (sum_parts),
        members.member_id,
        members.roster_position,
        case when max(members.weight) over in_pool > 0 then members.weight else 1 end as weight,
    from instants
    inner join marts.dim_members as members
        on members.pool_id = instants.pool_id and members.policy_version = instants.policy_version
        and coalesce(members.member_from_at <= instants.settled_at, true)
        and coalesce(members.member_until_at > instants.settled_at, true)
    left join int_left_users as gone
        on gone.user_id = members.member_id
        and instants.settled_at >= gone.from_at and instants.settled_at < gone.until_at
    where gone.user_id is null
    window in_pool as (partition by instants.pool_id, instants.settled_at, instants.next_decision_seq)
),

-- The floor: what // does is to cut, so that what is owed is shared like what is due.
floored as (
    select
        *,
        sum(weight) over in_pool as total_weight,
        left_parts * weight as whole,
        (whole - (whole % total_weight + total_weight) % total_weight) // total_weight as part,
        row_number() over (in_pool order by roster_position) as place,
    from staying
    where weight > 0
    window in_pool as (partition by pool_id, settled_at, next_decision_seq)
),

expected as (
    select
        pool_id,
        settled_at,
        next_decision_seq,
        member_id,
        part + if(place = 1, left_parts - sum(part) over (partition by pool_id, settled_at, next_decision_seq), 0)
            as parts,
    from floored
),

at_frontier as (
    select members.pool_id, members.member_id
    from marts.dim_members as members
    inner join int_policies as policies on policies.version = members.policy_version
    where getvariable('new_frontier_at') >= policies.from_at and getvariable('new_frontier_at') < policies.until_at
        and coalesce(members.member_from_at <= getvariable('new_frontier_at'), true)
        and coalesce(members.member_until_at > getvariable('new_frontier_at'), true)
        and members.member_id not in (
            select user_id
            from int_left_users
            where getvariable('new_frontier_at') >= from_at and getvariable('new_frontier_at') < until_at
        )
),

final as (
    select pool_id from instants where sum_parts <> 0
    union all
    select pool_id
    from settled
    where balance_after <> balance_before + parts or (has_left and balance_after <> 0)
    union all
    select settled.pool_id
    from settled
    inner join staying using (pool_id, settled_at, next_decision_seq, member_id)
    where settled.has_left
    union all
    select coalesce(expected.pool_id, given.pool_id) as pool_id
    from (from expected where parts <> 0) as expected
    full join (from settled where not has_left) as given using (pool_id, settled_at, next_decision_seq, member_id)
    where expected.parts is distinct from given.parts
    union all
    select state.pool_id
    from ops.router_state as state
    anti join at_frontier using (pool_id, member_id)
    where state.run_id = getvariable('run_id') and (state.balance <> 0 or state.last_turn >= 0)
)

select * from final
