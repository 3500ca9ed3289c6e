"""Policy versions as the router takes them: local dates become instants, text becomes numbers, defaults are filled in.

Belongs here: the way from settings to the words of the core. Does not belong here: tables of policies
(policy_rows.py), and which versions may be used at all (policies.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from rr_pipeline.config import Limits, Member, PolicyVersion, PoolPolicy, Project, SlaTarget, UserSettings, Vacation
from rr_pipeline.config.hours import WorkingTime, days_off
from rr_pipeline.config.pools import week_day
from rr_pipeline.config.waiting import WaitEntry
from rr_pipeline.config.zones import EARLIEST, LATEST, Moment, end_instant, load_zone, start_instant
from rr_pipeline.core import model
from rr_pipeline.core.calendar.local_time import SECOND_US, dates_interval
from rr_pipeline.core.model import ALWAYS, FAR_FUTURE_US, FAR_PAST_US, NO_LIMIT, POOL_SETTINGS
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import day_number, to_us

HOLIDAY_YEARS = range(EARLIEST.year, LATEST.year + 1)
"""Years whose holidays count, whatever version and run: all that a policy can be about."""


_LENGTHS = {"sticky_us": "sticky_for"}
"""Lengths of time whose settings go by another name."""

Spans = tuple[tuple[int, int], ...]
Place = tuple[str, Spans, Spans]
"""The zone of a member, what is known by then of times worked whatever the week says, and when the user has left."""

Made = dict[tuple[str, tuple[Place, ...]], model.Pool]
"""Pools of one version by id and where their members are."""


def router_policies(project: Project, people: People) -> list[model.Policy]:
    """The policy versions as the router takes them; local dates become instants in each member's zone.

    A version in which the users feed moves somebody to another zone, or somebody is told to work at other times, is
    several that follow each other under one name.
    """
    policies = []
    is_fed = any(source.table == "users" for source in project.sources)
    for number, policy in enumerate(project.policies):
        following = project.policies[number + 1 : number + 2]
        start = to_us(policy.effective_from, FAR_PAST_US) if number else FAR_PAST_US
        end = to_us(following[0].effective_from, FAR_FUTURE_US) if following else FAR_FUTURE_US
        counted = _counted_users(project, number)
        starts = [start, *_moves(people, policy, counted, start, end)]
        made: Made = {}
        gone = _gone_pools(project, number)
        for from_us, until_us in pairwise([*starts, end]):
            pools = (*router_pools(project, people, policy, from_us, made), *gone)
            users = _users_at(project, people, policy, counted, from_us)
            hands_over = is_fed and policy.ownership.owners_gone.hands_over
            kept = tuple(_target(kept_target_name(target), target) for target in policy.ownership.sla)
            queues, idle = policy.ownership.owners_gone.queues, _idle(policy)
            policies.append(
                model.Policy(policy.version, from_us, until_us, pools, users, hands_over, kept, queues, idle)
            )
    return policies


def _gone_pools(project: Project, number: int) -> tuple[model.Pool, ...]:
    """Pools of the version before that this one lacks: what waits there goes on from them as it begins."""
    kept = {pool.pool_id for pool in project.policies[number].pools}
    before = project.policies[number - 1].pools if number else ()
    return tuple(model.Pool(pool.pool_id, (), is_gone=True) for pool in before if pool.pool_id not in kept)


def _counted_users(project: Project, number: int) -> tuple[UserSettings, ...]:
    """Return the users whose items are counted over all pools while a version is in force, as it says, else the next
    version that says something, else the last one before: so counts go on when limits come and go.
    """
    found: dict[str, UserSettings] = {}
    for policy in [*project.policies[number:], *reversed(project.policies[:number])]:
        for user in policy.limited_users:
            found.setdefault(user.user, user)
    return tuple(found.values())


def _users_at(
    project: Project, people: People, policy: PolicyVersion, counted: Iterable[UserSettings], at_us: int
) -> tuple[model.UserLimits, ...]:
    """Return the limits over all pools, and users who have none now with the days by which they are counted.

    Their zone is that known at ``at_us`` as well: what comes to be known later moves no count.
    """
    limited = router_users(project, people, policy, at_us)
    names = {user.user_id for user in limited}
    others = (
        model.UserLimits(
            user.user, time_zone=zone_of(project, people, user, at_us), week_start=week_day(user.week_start)
        )
        for user in counted
        if user.user not in names
    )
    return (*limited, *others)


def _idle(policy: PolicyVersion) -> model.Idle | None:
    """What becomes of idle items under a version."""
    idle = policy.ownership.owners_gone.idle
    if idle.do == "keep" or idle.over is None:
        return None
    return model.Idle(idle.over * SECOND_US, idle.do, idle.queue)


def _moves(people: People, policy: PolicyVersion, counted: Iterable[UserSettings], start: int, end: int) -> list[int]:
    """Instants inside a version at which somebody who is given no zone is told to be in another one."""
    named: list[Member | UserSettings] = [member for pool in policy.pools for member in pool.members]
    told = {one.user for one in [*named, *counted] if one.time_zone is None}
    changes = {from_us for user in told for from_us, _ in people.time_zones.get(user, ())}
    changes |= {at_us for one in named for work in people.works.get(one.user, ()) for at_us in work.known}
    return sorted(from_us for from_us in changes if start < from_us < end)


def router_pools(
    project: Project, people: People, policy: PolicyVersion, at_us: int = FAR_FUTURE_US, made: Made | None = None
) -> tuple[model.Pool, ...]:
    """The pools of one version with the zones known at ``at_us``, in the order of ``policy.pools``.

    Those made of default owners are among them. ``made``: pools of that version made before, used again and added to.
    """
    made = {} if made is None else made
    found = []
    for pool in policy.pools:
        places = tuple(_place_of(project, people, member, at_us) for member in pool.members)
        key = pool.pool_id, places
        made[key] = made.get(key) or _pool(policy, pool, places)
        found.append(made[key])
    return tuple(found)


def router_users(
    project: Project, people: People, policy: PolicyVersion, at_us: int = FAR_FUTURE_US
) -> tuple[model.UserLimits, ...]:
    """The limits over all pools of one version with the zones known at ``at_us``, in the order of ``limited_users``."""
    return tuple(
        model.UserLimits(
            user_id=user.user,
            limits=_limits(user.limits),
            max_open=_count(user.max_open),
            time_zone=zone_of(project, people, user, at_us),
            week_start=week_day(user.week_start),
        )
        for user in policy.limited_users
    )


def _pool(policy: PolicyVersion, pool: PoolPolicy, places: Sequence[Place]) -> model.Pool:
    return model.Pool(
        pool_id=pool.pool_id,
        members=tuple(_member(policy, pool, *pair) for pair in zip(pool.members, places, strict=True)),
        **{one.name: _value_of(pool, one.name) for one in POOL_SETTINGS},
        week_start=pool.week_start_day,
        is_over=pool.is_over,
        times_given=policy.updates.manual_targets == "notify",
        reroute_within_us=_reroute_within_us(policy),
        limits_survivors=policy.ownership.survivor_within_limits,
    )


def _reroute_within_us(policy: PolicyVersion) -> int:
    updates = policy.updates
    return (updates.reroute_within or 0) * SECOND_US if updates.territory == "reroute" else 0


def _value_of(pool: PoolPolicy, name: str) -> Any:
    """Return a setting as the router takes it: lengths of time in microseconds, lists as sets, all else as it is."""
    if name == "targets":
        return tuple(_target(target_name(pool, target), target) for target in pool.sla)
    if name == "while_waiting":
        return tuple(_wait_step(entry) for entry in pool.while_waiting)
    if not name.endswith("_us"):
        value = getattr(pool, name)
        return frozenset(value) if isinstance(value, tuple) else value
    # A length that is not given is none at all, but for a hold, which then lasts for ever.
    seconds = getattr(pool, _LENGTHS.get(name, name.removesuffix("_us")))
    if seconds is None and name == "activity_wait_us":
        return model.Pool.activity_wait_us
    return seconds * SECOND_US if seconds is not None else None if name == "hold_for_us" else 0


def target_name(pool: PoolPolicy, target: SlaTarget) -> str:
    """Name of a target among those of all pools, as arrivals and decisions carry it: ``<pool>/<name>``."""
    return f"{pool.pool_id}/{target.name}"


def kept_target_name(target: SlaTarget) -> str:
    """Name of a target of items that an existing owner keeps; no name of a pool holds a dot."""
    return f"ownership.sla/{target.name}"


def _target(name: str, target: SlaTarget) -> model.Target:
    return model.Target(
        name=name,
        within_us=target.within * SECOND_US,
        clock=target.clock,
        steps=tuple(
            model.Step(step.do, step.at * SECOND_US, step.queue or step.pool, step.level) for step in target.steps
        ),
        is_default=target.when is None,
        kind=target.kind,
        starts=target.starts,
    )


def _wait_step(entry: WaitEntry) -> model.WaitStep:
    assert entry.done is not None  # as checked
    drop = tuple(sorted({pattern.lower() for pattern in entry.drop}))
    return model.WaitStep(entry.after * SECOND_US, entry.done, drop, entry.pool or entry.queue)


def zone_of(project: Project, people: People, member: Member | UserSettings, at_us: int) -> str:
    """Zone of somebody's days at an instant: its own in the policy, else the user's in the feed, else the project's."""
    return member.time_zone or people.zone_at(member.user, at_us) or project.settings.time_zone


def _place_of(project: Project, people: People, member: Member, at_us: int) -> Place:
    zone = zone_of(project, people, member, at_us)
    gone = tuple((from_us, until_us) for user, from_us, until_us in people.left if user == member.user)
    return zone, people.works_at(member.user, zone, at_us), gone


def _member(policy: PolicyVersion, pool: PoolPolicy, member: Member, place: Place) -> model.Member:
    zone, works, gone = place
    return model.Member(
        member_id=member.user,
        weight=member.weight,
        skills=frozenset(skill.lower() for skill in member.skills),
        time_zone=zone,
        from_us=_start(member.from_, zone),
        until_us=_end(member.until, zone),
        is_active=member.status == "active",
        limits=_limits(pool.limits_of(member)),
        vacations=tuple(vacation_of(vacation, zone) for vacation in member.vacations),
        schedule=_working_too(schedule_of(policy.working_time(pool, member)), works),
        max_open=_count(pool.max_open_of(member)),
        gone=gone,
    )


@lru_cache(maxsize=4096)
def schedule_of(time: WorkingTime) -> model.Schedule:
    """Return the hours and days off of the core; the same object for the same settings.

    Holidays are those of ``HOLIDAY_YEARS``: all years at once, so that no run and no version sees other ones.
    """
    dated = tuple((day_number(day), blocks) for day, blocks in time.by_date)
    schedule = model.Schedule(time.hours, days_off(time, HOLIDAY_YEARS), dated)
    return ALWAYS if schedule == ALWAYS else schedule


def _working_too(schedule: model.Schedule, works: tuple[tuple[int, int], ...]) -> model.Schedule:
    return replace(schedule, works=works) if works and schedule != ALWAYS else schedule


def _count(most: int | None) -> int:
    return NO_LIMIT if most is None else most


def _limits(limits: Limits) -> model.Limits:
    given: Mapping[str, Any] = limits.model_dump()
    return model.Limits(**{name: _count(value) for name, value in given.items()})


def _start(moment: Moment | None, zone: str) -> int:
    return FAR_PAST_US if moment is None else to_us(start_instant(moment, load_zone(zone)), FAR_PAST_US)


def _end(moment: Moment | None, zone: str) -> int:
    if moment is None:
        return FAR_FUTURE_US
    if not isinstance(moment, datetime):
        moment = moment + timedelta(days=1)
    return to_us(end_instant(moment, load_zone(zone)), FAR_FUTURE_US)


def vacation_of(vacation: Vacation, zone: str) -> model.Vacation:
    """A vacation of a policy in UTC."""
    if isinstance(vacation.from_, datetime) or isinstance(vacation.until, datetime):
        return model.Vacation(_start(vacation.from_, zone), _end(vacation.until, zone))
    first, last = _days(vacation.from_, vacation.until)
    return model.Vacation(*dates_interval(zone, first, last))


def _days(first: date, last: date) -> tuple[int, int]:
    return day_number(first), day_number(last)
