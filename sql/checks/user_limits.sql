-- user_limits: no user got more from all pools together in a clock hour, local day or week than the policy allowed at that
-- moment, counted again from the decisions, and from kept items that count.
-- kind: check
with

limits as (
    select
        user_id as member_id,
        version as policy_version,
        (limits ->> 'hourly')::bigint as hourly,
        (limits ->> 'daily')::bigint as daily,
        (limits ->> 'weekly')::bigint as weekly,
        week_start_day,
    from int_policy_users
    where limits <> '{}'
),

-- Kept items are seen with the eyes of every version: each asks how many came before its own decisions.
placed as (
    select
        given.*,
        limits.policy_version as seen_by,
        limits.hourly,
        limits.daily,
        limits.weekly,
        (epoch_us(given.decided_at) + offsets.offset_us) // 3600000000 as shown_hour,
        if(
            shown_hour <= offsets.back_hour,
            offsets.back_us,
            greatest(shown_hour * 3600000000 - offsets.offset_us, offsets.since_us)
        ) as hour_no,
        (epoch_us(given.decided_at) + offsets.offset_us) // 86400000000 as day_no,
        day_no - (day_no + 3 - limits.week_start_day) % 7 as week_no,
    from int_given as given
    inner join limits
        on limits.member_id = given.member_id
        and (given.policy_version = limits.policy_version or given.policy_version is null)
    inner join int_user_zones as zones
        on zones.user_id = given.member_id
        and epoch_us(given.decided_at) >= zones.from_us and epoch_us(given.decided_at) < zones.until_us
    inner join int_zone_offsets as offsets
        on offsets.zone = zones.time_zone
        and epoch_us(given.decided_at) >= offsets.from_us and epoch_us(given.decided_at) < offsets.until_us
),

counted as (
    select member_id, seen_by, hourly as most, 'hour' as span, hour_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq, max(decided_at) as last_at,
        bool_or(is_of_run) as is_of_run
    from placed where decision_seq is not null group by all
    union all
    select member_id, seen_by, daily as most, 'day' as span, day_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq, max(decided_at) as last_at,
        bool_or(is_of_run) as is_of_run
    from placed where decision_seq is not null group by all
    union all
    select member_id, seen_by, weekly as most, 'week' as span, week_no as window_no,
        count(*) as given_count, max(decision_seq) as last_seq, max(decided_at) as last_at,
        bool_or(is_of_run) as is_of_run
    from placed where decision_seq is not null group by all
),

-- Another policy version may have given some of the window's items before: they count too.
running as (
    select
        *,
        sum(given_count) over (partition by member_id, span, window_no order by last_seq) as running_count,
    from counted
),

kept as (
    select
        member_id,
        seen_by,
        unnest(['hour', 'day', 'week']) as span,
        unnest([hour_no, day_no, week_no]) as window_no,
        decided_at,
    from placed
    where decision_seq is null
),

kept_before as (
    select member_id, span, window_no, seen_by, count(*) as kept_count
    from running
    inner join kept using (member_id, span, window_no, seen_by)
    where kept.decided_at < running.last_at
    group by all
)

select running.member_id
from running
left join kept_before using (member_id, span, window_no, seen_by)
-- What earlier runs gave was proved by them, by what a window was then.
where running.is_of_run and running.running_count + coalesce(kept_before.kept_count, 0) > running.most
