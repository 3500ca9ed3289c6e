-- capacity: whoever was given something in this run has no more open items after it than the policy allowed at the last of
-- these gifts. Pools that count kept items are left out, and who got or kept something after it from a person, as a deputy, or by a claim:
-- those items come whatever the capacity.
-- kind: check
with

counting_pools as (
    select distinct pool_id from int_policy_pools where is_kept_counted
),

last_gifts as (
    select pool_id, member_id, arg_max(policy_version, decision_seq) as version
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind in (<<turn_kinds>>)
    group by all
),

last_gifts_of_users as (
    select
        member_id as user_id,
        arg_max(policy_version, decision_seq) as version,
        max(decision_seq) as decision_seq,
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind in (<<turn_kinds>>)
    group by all
),

given_since as (
    select distinct given.member_id
    from marts.fct_decisions as given
    inner join last_gifts_of_users as last_gifts on last_gifts.user_id = given.member_id
    where given.run_id = getvariable('run_id') and given.kind in ('give', 'stand_in', 'keep') and given.decision_seq > last_gifts.decision_seq
),

opened as (
    select pool_id, member_id, open_count from ops.router_state where run_id = getvariable('run_id')
),

final as (
    select opened.member_id
    from last_gifts
    inner join opened using (pool_id, member_id)
    inner join int_policy_members as members using (pool_id, member_id, version)
    anti join counting_pools using (pool_id)
    anti join given_since using (member_id)
    where opened.open_count > members.max_open
    union all
    select users.user_id
    from last_gifts_of_users
    inner join int_policy_users as users using (user_id, version)
    inner join (
        select member_id as user_id, sum(open_count) as open_count from opened group by all
    ) as opened using (user_id)
    where users.user_id not in (select member_id from given_since)
        and opened.open_count > users.max_open and not exists (from counting_pools)
)

select * from final
