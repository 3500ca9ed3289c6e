-- limits: no member got more in a clock hour, local day or week, or in all, than the policy allowed at that moment,
-- counted again from the decisions alone. A limit lowered within a window binds from then on.
-- kind: check
with

limits as (
    select
        members.pool_id,
        members.member_id,
        members.version as policy_version,
        members.time_zone,
        members.member_from_at,
        (members.limits ->> 'hourly')::bigint as hourly,
        (members.limits ->> 'daily')::bigint as daily,
        (members.limits ->> 'weekly')::bigint as weekly,
        (members.limits ->> 'total')::bigint as total,
        pools.week_start_day,
    from int_policy_members as members
    inner join int_policy_pools as pools using (pool_id, version)
    where members.limits <> '{}'
),

-- Windows reach back over earlier runs; a week and a day cover every window but the total.
recent as (
    select decision_seq, pool_id, member_id, policy_version, decided_at
    from marts.fct_decisions
    where kind in ('assign', 'redo')
        and decided_at >= (
            select min(decided_at) - interval 8 days from marts.fct_decisions where run_id = getvariable('run_id')
        )
),

local_decisions as (
    select
        recent.decision_seq,
        recent.pool_id,
        recent.member_id,
        recent.policy_version,
        recent.decided_at,
        epoch_us(recent.decided_at) // 3600000000 as hour_no,
        (epoch_us(recent.decided_at) + offsets.offset_us) // 86400000000 as day_no,
        ((epoch_us(recent.decided_at) + offsets.offset_us) // 86400000000 + 3 - limits.week_start_day) // 7 as week_no,
        limits.hourly,
        limits.daily,
        limits.weekly,
    from recent
    inner join limits using (pool_id, member_id, policy_version)
    inner join int_zone_offsets as offsets
        on offsets.zone = limits.time_zone
        and epoch_us(recent.decided_at) >= offsets.from_us and epoch_us(recent.decided_at) < offsets.until_us
),

counted as (
    select pool_id, member_id, policy_version, hourly as most, 'hour' as span, hour_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq
    from local_decisions group by all
    union all
    select pool_id, member_id, policy_version, daily as most, 'day' as span, day_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq
    from local_decisions group by all
    union all
    select pool_id, member_id, policy_version, weekly as most, 'week' as span, week_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq
    from local_decisions group by all
),

-- Another policy version may have given some of the window's items before: they count too.
running as (
    select
        *,
        sum(given_count) over (
            partition by pool_id, member_id, span, window_no order by last_seq
        ) as running_count,
    from counted
),

totals as (
    select decisions.pool_id, decisions.member_id, decisions.policy_version, limits.total as most, count(*) as given_count
    from marts.fct_decisions as decisions
    inner join limits using (pool_id, member_id, policy_version)
    where limits.total is not null and decisions.kind in ('assign', 'redo')
        and decisions.decided_at >= coalesce(limits.member_from_at, '-infinity'::timestamptz)
    group by all
),

final as (
    select pool_id, member_id from running where running_count > most
    union all
    select pool_id, member_id from totals where given_count > most
)

select * from final
