"""Rules across the settings of one pool and its members.

Belongs here: every check that needs more than one setting of a pool, and what is tidied on the way (vacations merged).
Does not belong here: how one value is written (text_types.py, hours.py), where items go when nobody can take them
(flow_checks.py), users known only at run time (project.check_members).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from rr_pipeline.config.findings import Finding, check_distinct, check_when, unknown_name, unknown_skill
from rr_pipeline.config.hours import MINUTES_OF_DAY, MINUTES_OF_WEEK, Blocks, days_off
from rr_pipeline.config.policy import PolicyFile, working_time
from rr_pipeline.config.pools import Limits, Member, PoolSettings, Vacation, WorkSettings, merge_limits
from rr_pipeline.config.service_levels import SlaTarget
from rr_pipeline.config.step_checks import check_steps
from rr_pipeline.config.yaml_reader import Path
from rr_pipeline.core.limits import WINDOWS

_EPOCH = date(1970, 1, 1)


def check_pool(path: Path, pool: PoolSettings, policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything wrong or odd inside one pool, but for where its items go when nobody can take them."""
    members = (*path, "members")
    if not pool.members:
        yield Finding(members, "POOL_EMPTY", "has no member, so nothing could be given; add one or remove the pool")
    elif all(member.status == "inactive" or member.weight == 0 for member in pool.members):
        message = "has only members that are inactive or of weight 0; make one active, or remove the pool"
        yield Finding(members, "POOL_ALL_INACTIVE", message)
    yield from check_limits((*path, "limits"), pool.limits)
    yield from _check_calendar(path, pool, policy)
    yield from _check_load(path, pool)
    yield from check_targets((*path, "sla"), pool.sla, policy)
    first_at: dict[str, int] = {}
    for position, member in enumerate(pool.members):
        first = first_at.setdefault(member.user, position)
        if first != position:
            message = f"'{member.user}' is in this pool already, as members[{first}]; keep one entry"
            yield Finding((*members, position, "user"), "MEMBER_REPEATED", message)
        yield from _check_member((*members, position), pool, member, policy)


def _check_member(path: Path, pool: PoolSettings, member: Member, policy: PolicyFile) -> Iterator[Finding]:
    for skill in member.skills:
        if skill not in policy.skills:
            yield unknown_skill((*path, "skills"), skill, policy.skills)
    if _reversed(member.from_, member.until):
        yield Finding((*path, "until"), "END_BEFORE_START", "ends before it begins; correct from or until")
    merged = merge_limits(pool.limits, member.limits)
    if merged != pool.limits:
        yield from check_limits((*path, "limits"), merged)
    yield from _check_calendar(path, member, policy)
    yield from _check_vacations((*path, "vacations"), member)
    if _never_works(pool, member, policy):
        message = "never works: no working hour lies within its membership, holidays and vacations taken out"
        yield Finding(path, "MEMBER_NEVER_WORKS", message, is_warning=True)


def check_limits(path: Path, limits: Limits) -> Iterator[Finding]:
    """Yield a warning for each limit that a limit of a longer window keeps from being reached."""
    given = limits.model_dump(exclude_none=True)
    windows = [(one.setting, given[one.setting]) for one in WINDOWS if one.setting in given]
    for (small, less), (large, more) in pairwise(windows):
        if less > more:
            message = f"the {small} limit ({less}) is above the {large} one ({more}) and can never be reached; lower it"
            yield Finding((*path, small), "LIMIT_UNREACHABLE", message, is_warning=True)


def _check_calendar(path: Path, level: WorkSettings, policy: PolicyFile) -> Iterator[Finding]:
    if level.calendar is not None and level.calendar not in policy.calendars:
        what = "one of the calendars at the top of the file; add it there"
        yield unknown_name((*path, "calendar"), "CALENDAR_UNKNOWN", level.calendar, what, policy.calendars)


def _check_load(path: Path, pool: PoolSettings) -> Iterator[Finding]:
    """Refuse to compare the load of members with a bound to that of members without one."""
    bounded = [member.max_open is not None or pool.max_open is not None for member in pool.members]
    if pool.strategy == "least_loaded" and any(bounded) and not all(bounded):
        position = bounded.index(False)
        places = tuple((*path, "members", one, "max_open") for one in range(len(bounded)))
        message = (
            f"compares open items to max_open, which '{pool.members[position].user}' has not, and others have; "
            "give all of them one, the pool too, or nobody"
        )
        yield Finding((*path, "strategy"), "MAX_OPEN_MIXED", message, unless=((*path, "max_open"), *places))


def check_targets(path: Path, targets: Sequence[SlaTarget], policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything wrong with a list of service levels."""
    yield from check_distinct(path, [target.name for target in targets])
    defaults: dict[str, str] = {}
    for position, target in enumerate(targets):
        place, default = (*path, position), defaults.get(target.kind)
        if default is not None:
            message = f"is never reached: '{default}' above has no 'when' and applies to every item; put that one last"
            yield Finding(place, "TARGET_UNREACHABLE", message)
        elif target.when is None:
            defaults[target.kind] = target.name
        if target.when is not None:
            yield from check_when((*place, "when"), target.when)
        yield from check_steps((*place, "on_breach"), target, policy)


def _check_vacations(path: Path, member: Member) -> Iterator[Finding]:
    for position, vacation in enumerate(member.vacations):
        place = (*path, position)
        if _kind(vacation.from_) != _kind(vacation.until):
            message = "mixes a date, a local time and an instant; write both ends in the same way"
            yield Finding(place, "MOMENT_MIXED", message)
        elif _reversed(vacation.from_, vacation.until) or (
            isinstance(vacation.from_, datetime) and vacation.from_ == vacation.until
        ):
            message = "ends before it begins, or at once; correct from or until"
            yield Finding((*place, "until"), "END_BEFORE_START", message)
    if len(merge_vacations(member.vacations)) < len(member.vacations):
        message = "overlap or follow one another without a break; they count as one"
        yield Finding(path, "VACATION_OVERLAP", message, is_warning=True)


def _never_works(pool: PoolSettings, member: Member, policy: PolicyFile) -> bool:
    """Return whether a membership of at most a year has no working day; a day more on either side for time zones."""
    if member.from_ is None or member.until is None or _reversed(member.from_, member.until):
        return False
    slack = timedelta(days=int(isinstance(member.from_, datetime) or isinstance(member.until, datetime)))
    first, last = _as_utc(member.from_).date() - slack, _as_utc(member.until).date() + slack
    if last - first > timedelta(days=366):
        return False
    time_of = working_time(policy.calendars, pool, member)
    off = days_off(time_of, range(first.year, last.year + 1))
    for one in range((last - first).days + 1):
        day = first + timedelta(days=one)
        away = any(_kind(gone.from_) == 0 and gone.from_ <= day <= gone.until for gone in member.vacations)
        if not away and (day - _EPOCH).days not in off and _has_hours(time_of.hours, day.weekday()):
            return False
    return True


def _has_hours(hours: Blocks | None, weekday: int) -> bool:
    start = weekday * MINUTES_OF_DAY
    return hours is None or any(
        block[0] + shift < start + MINUTES_OF_DAY and block[1] + shift > start
        for block in hours
        for shift in (-MINUTES_OF_WEEK, 0)
    )


def merge_vacations(vacations: Sequence[Vacation]) -> tuple[Vacation, ...]:
    """Return vacations in order of time with those that touch joined; dates, local times and instants each apart.

    Only the member's zone, known at run time, could compare a date with an instant.
    """
    merged: list[Vacation] = []
    for kind in (0, 1, 2):
        same = [one for one in vacations if _kind(one.from_) == _kind(one.until) == kind]
        for vacation in sorted(same, key=lambda one: (one.from_, one.until)):
            last = merged[-1] if merged and _kind(merged[-1].from_) == kind else None
            step = timedelta(days=1) if kind == 0 else timedelta(0)
            if last is None or vacation.from_ > last.until + step:
                merged.append(vacation)
            elif vacation.until > last.until:
                merged[-1] = last.model_copy(update={"until": vacation.until})
    return tuple(merged)


def _kind(moment: date | datetime) -> int:
    """Return 0 for a local date, 1 for a local time, 2 for an instant."""
    if not isinstance(moment, datetime):
        return 0
    return 1 if moment.tzinfo is None else 2


def _reversed(start: date | datetime | None, end: date | datetime | None) -> bool:
    """Return whether an interval surely ends before it begins, whatever the member's zone."""
    if start is None or end is None:
        return False
    if _kind(start) == _kind(end):
        return end < start
    # Zones reach from -12 to +14 hours; a date as an end includes its day.
    slack = timedelta(hours=14) if 2 in (_kind(start), _kind(end)) else timedelta(0)
    return _as_utc(end) + (timedelta(days=1) if _kind(end) == 0 else timedelta(0)) + slack <= _as_utc(start)


def _as_utc(moment: date | datetime) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
