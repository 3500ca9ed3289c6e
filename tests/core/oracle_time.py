"""The clocks of the plain second router: local dates and minutes, working time, and when anything could change.

Belongs here: time, read from ``zoneinfo`` one instant at a time. Does not belong here: who is offered what. What the
clocks show is remembered per minute, because all zones in use have been whole minutes away from UTC since 1972.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from rr_pipeline.core.calendar.local_time import load_zone
from rr_pipeline.core.model import ALWAYS, Member, Schedule
from tests.core.oracle_words import World

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
LONGEST_WAIT_US = 400 * DAY_US
WEEK_MINUTES = 7 * 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=200_000)
def local_time(zone: str, t: int) -> datetime:
    return (EPOCH + timedelta(microseconds=t)).astimezone(load_zone(zone))


@lru_cache(maxsize=10_000)
def week_of(day: date, week_start: int) -> date:
    while day.weekday() != week_start:
        day -= timedelta(days=1)
    return day


@lru_cache(maxsize=30_000)
def minutes_shown(zone: str, hour: int) -> tuple[tuple[int, int], ...]:
    """For each minute of a UTC hour: the local day since 1970, and the minute of the local week from Monday on."""
    shown = []
    for minute in range(60):
        local = local_time.__wrapped__(zone, hour * HOUR_US + minute * MINUTE_US)
        assert local.second == 0
        minute_of_week = (local.weekday() * 24 + local.hour) * 60 + local.minute
        shown.append(((local.date() - EPOCH.date()).days, minute_of_week))
    return tuple(shown)


def shown_at(zone: str, t: int) -> tuple[int, int]:
    return minutes_shown(zone, t // HOUR_US)[t % HOUR_US // MINUTE_US]


@lru_cache(maxsize=100_000)
def hour_start(zone: str, t: int) -> int:
    """When the hour of the clock began: looking back, how long it has shown no later hour than now, or than before."""
    minute = t // MINUTE_US
    shown = []
    for one in range(minute - 5 * 60, minute + 1):
        day, minute_of_week = shown_at(zone, one * MINUTE_US)
        shown.append(day * 24 + minute_of_week % (24 * 60) // 60)
    latest = list(accumulate(shown, max))
    back = next(back for back in range(len(latest)) if latest[-1 - back - 1] != latest[-1])
    return (minute - back) * MINUTE_US


def is_holiday(member: Member, t: int) -> bool:
    return shown_at(member.time_zone, t)[0] in member.schedule.holidays


def is_in_hours(member: Member, t: int) -> bool:
    return _is_in_blocks(member.schedule, shown_at(member.time_zone, t)[1])


@lru_cache(maxsize=300_000)
def _is_in_blocks(schedule: Schedule, minute: int) -> bool:
    if schedule.blocks is None:
        return True
    return any(begin <= minute < end or begin <= minute + WEEK_MINUTES < end for begin, end in schedule.blocks)


@lru_cache(maxsize=30_000)
def working_minutes(zone: str, schedule: Schedule, hour: int) -> tuple[bool, ...]:
    """For each minute of a UTC hour, whether it is working time: inside a block, and no holiday."""
    return tuple(
        _is_in_blocks(schedule, minute) and day not in schedule.holidays for day, minute in minutes_shown(zone, hour)
    )


def working_due(member: Member, t: int, within: int) -> int | None:
    """The first instant by which so much working time of the member has passed since t, looked for minute by minute."""
    if member.schedule == ALWAYS:
        return t + within if within <= LONGEST_WAIT_US else None
    now, left, end = t, within, t + LONGEST_WAIT_US
    while now < end:
        hour = now // HOUR_US
        working = working_minutes(member.time_zone, member.schedule, hour)
        if not any(working):
            now = (hour + 1) * HOUR_US
            continue
        stop = min((now // MINUTE_US + 1) * MINUTE_US, end)
        if working[now % HOUR_US // MINUTE_US]:
            if left <= stop - now:
                return now + left
            left -= stop - now
        now = stop
    return None


def working_back(member: Member, t: int, length: int) -> int:
    """The last instant from which on so much working time of the member passes until t, looked for minute by minute."""
    now, left, end = t, length, t - LONGEST_WAIT_US
    if member.schedule == ALWAYS:
        return t - length
    while now > end:
        hour = (now - 1) // HOUR_US
        working = working_minutes(member.time_zone, member.schedule, hour)
        if not any(working):
            now = hour * HOUR_US
            continue
        start = (now - 1) // MINUTE_US * MINUTE_US
        if working[start % HOUR_US // MINUTE_US]:
            if left <= now - start:
                return now - left
            left -= now - start
        now = start
    return end


class Edges:
    """Every instant at which eligibility could change by the mere passing of time, one hour after the other."""

    def __init__(self, world: World) -> None:
        limits = [user.limits for policy in world.policies for user in policy.users]
        limits += [one.limits for policy in world.policies for pool in policy.pools for one in pool.members]
        self.is_hourly = bool(world.tokens) or any(limit.hourly >= 0 for limit in limits)
        self.last_hour = world.until // HOUR_US
        self.zones: set[str] = set()
        self.hours: set[tuple[str, Schedule]] = set()
        self.points: dict[int, set[int]] = {}
        self.found: dict[int, list[int]] = {}
        for t in self._points(world):
            self.points.setdefault(t // HOUR_US, set()).add(t)

    def _points(self, world: World) -> Iterator[int]:
        for policy in world.policies:
            yield policy.from_us
            self.zones |= {user.time_zone for user in policy.users}
            for member in (member for pool in policy.pools for member in pool.members):
                self.zones.add(member.time_zone)
                if member.schedule != ALWAYS:
                    self.hours.add((member.time_zone, member.schedule))
                yield from (member.from_us, member.until_us)
                yield from (end for span in member.gone for end in span)
                yield from (end for vacation in member.vacations for end in (vacation.from_us, vacation.until_us))
        yield from (end for absence in world.absences for end in (absence.from_us, absence.until_us))
        yield from (change.at_us for change in world.status_changes)
        yield from (end for pause in world.pauses for end in (pause.from_us, pause.until_us))

    def of_hour(self, hour: int) -> list[int]:
        if hour not in self.found:
            found = ({hour * HOUR_US} if self.is_hourly else set()) | self.points.get(hour, set())
            for zone in self.zones:
                days = [minutes_shown(zone, hour - 1)[-1][0], *(day for day, _ in minutes_shown(zone, hour))]
                found |= _changes(hour, days)
                if self.is_hourly:
                    clock = [minutes_shown(zone, hour - 1)[-1][1], *(shown for _, shown in minutes_shown(zone, hour))]
                    found |= _changes(hour, [minute // 60 for minute in clock])
            for zone, schedule in self.hours:
                working = [working_minutes(zone, schedule, hour - 1)[-1], *working_minutes(zone, schedule, hour)]
                found |= _changes(hour, working)
            self.found[hour] = sorted(found)
        return self.found[hour]

    def after(self, t: int) -> int | None:
        """The first such instant after t, if there is one before the world ends."""
        hours = range(t // HOUR_US, self.last_hour + 1)
        return next((edge for hour in hours for edge in self.of_hour(hour) if edge > t), None)


def _changes(hour: int, values: list[int] | list[bool]) -> set[int]:
    """The minutes of an hour at which a value differs from that of the minute before; the first value is before it."""
    return {hour * HOUR_US + minute * MINUTE_US for minute in range(60) if values[minute] != values[minute + 1]}
