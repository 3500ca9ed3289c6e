-- limits_in_all: no member got more from a pool since it joined, and no user more from all pools since ever, than the policy
-- in force at the last gift allows, counted again from the decisions and from kept items that count.
-- kind: check
with

given as (
    select decision_seq, pool_id, member_id, policy_version, decided_at
    from marts.fct_decisions
    where kind in (<<turn_kinds>>)
    union all by name
    select pool_id, member_id, decided_at from intermediate.int_counted_kept
),

member_limits as (
    select pool_id, member_id, version, member_from_at, (limits ->> 'total')::bigint as most
    from int_policy_members
    where limits ->> 'total' is not null
),

user_limits as (
    select user_id as member_id, version, (limits ->> 'total')::bigint as most
    from int_policy_users
    where limits ->> 'total' is not null
),

last_gifts as (
    select pool_id, member_id, arg_max(policy_version, decision_seq) as version, max(decided_at) as last_at
    from marts.fct_decisions
    where run_id = getvariable('run_id') and kind in (<<turn_kinds>>)
        and member_id in (select member_id from member_limits union select member_id from user_limits)
    group by all
),

last_gifts_of_users as (
    select member_id, arg_max(version, last_at) as version, max(last_at) as last_at
    from last_gifts
    group by all
),

-- A kept item of the very instant of the last gift may have come after it.
final as (
    select last_gifts.member_id
    from last_gifts
    inner join member_limits using (pool_id, member_id, version)
    inner join given
        on given.pool_id = last_gifts.pool_id and given.member_id = last_gifts.member_id
        and given.decided_at >= coalesce(member_limits.member_from_at, '-infinity'::timestamptz)
        and (given.decided_at < last_gifts.last_at or given.decision_seq is not null)
    group by last_gifts.pool_id, last_gifts.member_id
    having count(*) > any_value(member_limits.most)
    union all
    select last_gifts_of_users.member_id
    from last_gifts_of_users
    inner join user_limits using (member_id, version)
    inner join given
        on given.member_id = last_gifts_of_users.member_id
        and (given.decided_at < last_gifts_of_users.last_at or given.decision_seq is not null)
    group by last_gifts_of_users.member_id
    having count(*) > any_value(user_limits.most)
)

select * from final
