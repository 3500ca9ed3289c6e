"""Words about time, read plainly: moments, lengths, days of a zone, working hours.

Belongs here: what a text of a policy means as an instant, a length or minutes of a week, by ``zoneinfo`` and nothing of
the product. Does not belong here: whose hours they are (``read_policy``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import holidays

from rr_pipeline.core.calendar.local_time import load_zone
from rr_pipeline.core.model import ALWAYS, Schedule
from tests.core.oracle_time import EPOCH, MINUTE_US, local_time

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
YEARS = range(2008, 2030)


def us(instant: datetime) -> int:
    return (instant - EPOCH) // timedelta(microseconds=1)


def length_us(text: str) -> int:
    """A length of time such as 1h30m."""
    return sum(int(count) * UNITS[unit] for count, unit in re.findall(r"(\d+)([smhd])", text)) * 1_000_000


@lru_cache(maxsize=10_000)
def day_start(zone: str, day: date) -> int:
    """The first instant at which the clock of a zone shows that date or a later one, looked for minute by minute."""
    t = us(datetime(day.year, day.month, day.day, tzinfo=UTC)) - 15 * 60 * MINUTE_US
    while local_time(zone, t).date() < day:
        t += MINUTE_US
    return t


def days_us(zone: str, first: date, last: date) -> tuple[int, int]:
    """From the first instant of one day to that of the day after another."""
    return day_start(zone, first), day_start(zone, last + timedelta(days=1))


def moment_us(text: str, zone: str, *, is_end: bool = False) -> int:
    """A date (as an end: that day included), a local time or an instant."""
    if len(text) == 10:
        day = date.fromisoformat(text)
        return day_start(zone, day + timedelta(days=1) if is_end else day)
    instant = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return us(instant if instant.tzinfo else instant.replace(tzinfo=load_zone(zone)))


def blocks_of(hours: Mapping[str, Iterable[str]]) -> tuple[tuple[int, int], ...]:
    """Minutes of the week of hours such as ``{"mon-fri": ["09:00-12:00", "22:00-06:00 overnight"]}``."""
    found = []
    for days, blocks in hours.items():
        first, _, last = days.partition("-")
        place, end = DAYS.index(first), DAYS.index(last or first)
        for block in blocks:
            begin, until = (_minute(text) for text in block.removesuffix(" overnight").split("-"))
            until += 1440 if block.endswith("overnight") else 0
            for day in range(place, (end if end >= place else end + 7) + 1):
                found.append((day % 7 * 1440 + begin, day % 7 * 1440 + until))
    return tuple(sorted(found))


def _minute(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


@lru_cache(maxsize=100)
def _public(name: str) -> frozenset[date]:
    return frozenset(holidays.country_holidays(name, years=YEARS))


def schedule_of(calendars: Mapping[str, Any], *levels: Mapping[str, Any]) -> Schedule:
    """When somebody works, by the settings of the pool and then its own."""
    blocks: tuple[tuple[int, int], ...] | None = None
    off: set[date] = set()
    for level in levels:
        if "calendar" in level:
            calendar = calendars[level["calendar"]]
            blocks = blocks_of(calendar["hours"]) if "hours" in calendar else None
            off = {day for name in calendar.get("holidays", ()) for day in _public(name)}
            off |= {date.fromisoformat(day) for day in calendar.get("dates", ())}
            off -= {date.fromisoformat(day) for day in calendar.get("not_holidays", ())}
        if "hours" in level:
            blocks = blocks_of(level["hours"])
        if "holidays" in level:
            off = {day for name in level["holidays"] for day in _public(name)}
    days = frozenset((day - EPOCH.date()).days for day in off)
    return ALWAYS if blocks is None and not days else Schedule(blocks, days)
