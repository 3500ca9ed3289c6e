-- user_limits: no user got more from all pools together in a clock hour, local day or week than the policy allowed at that
-- moment, counted again from the decisions, and from kept items that count.
-- kind: check
with

limits as (
    select
        users.user_id as member_id,
        users.version as policy_version,
        windows.span,
        (users.limits ->> windows.setting)::bigint as most,
        users.week_start_day,
    from int_policy_users as users
    cross join int_limit_windows as windows
    where users.limits <> '{}'
),

-- Kept items are seen with the eyes of every version: each asks how many came before its own decisions.
placed as (
    select
        given.*,
        limits.policy_version as seen_by,
        limits.span,
        limits.most,
        limit_window(
            limits.span, epoch_us(given.decided_at) + offsets.offset_us, offsets.offset_us, offsets.since_us,
            offsets.back_hour, offsets.back_us, limits.week_start_day
        ) as window_no,
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
    select member_id, seen_by, most, span, window_no,
        count(*) as given_count, max(decision_seq) as last_seq, max(decided_at) as last_at,
        bool_or(is_of_run) as is_of_run
    from placed
    where decision_seq is not null
    group by all
),

-- Another policy version may have given some of the window's items before: they count too.
running as (
    select
        *,
        sum(given_count) over (partition by member_id, span, window_no order by last_seq) as running_count,
    from counted
),

kept_before as (
    select running.member_id, running.span, running.window_no, running.seen_by, count(*) as kept_count
    from running
    inner join placed as kept using (member_id, span, window_no, seen_by)
    where kept.decision_seq is null and kept.decided_at < running.last_at
    group by all
)

select running.member_id
from running
left join kept_before using (member_id, span, window_no, seen_by)
-- What earlier runs gave was proved by them, by what a window was then.
where running.is_of_run and running.running_count + coalesce(kept_before.kept_count, 0) > running.most
