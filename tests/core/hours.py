"""Working hours in the most literal form: look at the local clock once a minute, and count.

Belongs here: the oracle of schedules and clocks, and the zones and days on which it is worth asking. Does not belong
here: anything that reads intervals.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from rr_pipeline.core.calendar.local_time import load_zone
from rr_pipeline.core.model import Schedule

MINUTE_US = 60_000_000
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WEEK_MINUTES = 7 * 24 * 60
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Instants around which clocks do odd things: forward and back, by half an hour, over midnight, a day that never was,
# an offset that changed by a quarter of an hour; and a leap day and the end of an ISO week 53.
ODD_TIMES = (
    ("Europe/Oslo", "2026-03-29T01:00"),
    ("Europe/Oslo", "2026-10-25T01:00"),
    ("America/New_York", "2026-03-08T07:00"),
    ("America/New_York", "2026-11-01T06:00"),
    ("Australia/Lord_Howe", "2026-04-04T15:00"),
    ("Australia/Lord_Howe", "2026-10-03T15:30"),
    ("Pacific/Apia", "2011-12-30T10:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30"),
    ("Asia/Kathmandu", "2021-01-03T18:15"),
    ("America/St_Johns", "2006-10-29T02:31"),
    ("America/St_Johns", "2006-04-02T03:31"),
    ("Europe/Oslo", "2024-02-29T12:00"),
    ("UTC", "2021-01-04T00:00"),
)


def us(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def shown(zone: str, t: int) -> tuple[int, int]:
    """What the local clock shows: minute of the week, and date as days since 1970."""
    local = (EPOCH + timedelta(microseconds=t)).astimezone(load_zone(zone))
    return (local.weekday() * 24 + local.hour) * 60 + local.minute, (local.date() - date(1970, 1, 1)).days


def is_off_hours(zone: str, schedule: Schedule, t: int) -> bool:
    if schedule.blocks is None:
        return False
    minute, _ = shown(zone, t)
    return not any(first <= minute + turn < last for first, last in schedule.blocks for turn in (0, WEEK_MINUTES))


def is_holiday(zone: str, schedule: Schedule, t: int) -> bool:
    return shown(zone, t)[1] in schedule.holidays


def is_working(zone: str, schedule: Schedule, t: int) -> bool:
    return not is_off_hours(zone, schedule, t) and not is_holiday(zone, schedule, t)


starts = st.integers(0, WEEK_MINUTES - 1) | st.integers(WEEK_MINUTES - 90, WEEK_MINUTES - 1) | st.sampled_from([0, 540])
lengths = st.integers(1, 1440) | st.sampled_from([1, 60, 480, 1440])
blocks = st.lists(st.tuples(starts, lengths), max_size=8).map(
    lambda drawn: tuple((start, start + length) for start, length in drawn)
)
workdays = st.tuples(st.integers(0, 900), st.integers(1, 1440)).map(
    lambda drawn: tuple((n * 1440 + drawn[0], n * 1440 + sum(drawn)) for n in range(5))
)


@st.composite
def odd_schedules(draw: st.DrawFn) -> tuple[str, Schedule, int]:
    """A zone, a schedule, and an instant near which the zone's clock does something odd."""
    zone, text = draw(st.sampled_from(ODD_TIMES))
    around = us(text)
    near = st.integers(around // DAY_US - 3, around // DAY_US + 3)
    hours = draw(st.none() | blocks | workdays)
    return zone, Schedule(hours, draw(st.frozensets(near, max_size=3))), around
