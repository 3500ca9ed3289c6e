"""Local time: the one engine that turns instants into local days and weeks, and local times into instants.

Belongs here: offset tables of a time zone, day and week numbers, the instants at which local days begin. Does not
belong here: who works when, or which member lives where.

The zone data is the pinned ``tzdata`` package, read through ``zoneinfo``; the host's own zone data is never used. A
zone is asked for its offset once a day of each calendar year in use, and changes are then found to the second by
halving; everything after that is a table and ``searchsorted``. Instants are UTC microseconds since 1970 (``_us``);
local times are microseconds of the local clock since 1970-01-01 00:00 (``local_us``); days are counted from 1970-01-01.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.errors import RefusedError, nearest

SECOND_US = 1_000_000
HOUR_US = 3_600 * SECOND_US
DAY_US = 24 * HOUR_US
MIN_YEAR, MAX_YEAR = 1900, 2199

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_THURSDAY = 3  # the weekday of day 0, Monday being 0
_LONG_AGO = -(2**62)

ZONE_OFFSETS = ("from_us", "until_us", "offset_us", "since_us", "back_hour", "back_us")
"""Columns of ``zone_offsets`` beside the zone."""

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class OffsetTable(NamedTuple):
    """Stretches of constant offset: from ``from_us[i]`` to the next one, local = UTC + ``offset_us[i]``."""

    from_us: Int64s
    offset_us: Int64s


class LocalTimes(NamedTuple):
    """Instants of local times, and whether each fell in a gap (moved on by it) or was repeated (the first is taken)."""

    utc_us: Int64s
    is_gap: Bools
    is_repeated: Bools


class ClockHours(NamedTuple):
    """Stretches of constant offset, as ``OffsetTable``, with what an hour of the local clock needs beside the offset.

    An hour begins when the clock first shows it, not before ``since_us``. A clock that is turned back shows hours
    again: until it is past ``back_hour``, the last one it had shown, that hour goes on, which began at ``back_us``.
    """

    from_us: Int64s
    offset_us: Int64s
    since_us: Int64s
    back_hour: Int64s
    back_us: Int64s


class DayStarts(NamedTuple):
    """Stretches of one local day: from ``from_us[i]`` to the next one the local date is ``day[i]``."""

    from_us: Int64s
    day: Int64s


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Return the names of all time zones of the pinned data."""
    return frozenset(files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


@lru_cache(maxsize=1024)
def load_zone(zone: str) -> ZoneInfo:
    """Return the zone from the pinned data. Raises RefusedError when there is none of exactly that name."""
    if zone not in known_zones():
        raise RefusedError(f"time zone of {len(zone)} characters is not an IANA name.{nearest(zone, known_zones())}")
    with files("tzdata").joinpath("zoneinfo").joinpath(*zone.split("/")).open("rb") as stream:
        return ZoneInfo.from_file(stream, key=zone)


def _offset_us(zone: ZoneInfo, second: int) -> int:
    local = zone.fromutc((_EPOCH + timedelta(seconds=second)).replace(tzinfo=zone))
    offset = local.utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)


@lru_cache(maxsize=65_536)
def _changes_of_year(name: str, year: int) -> tuple[tuple[int, int], ...]:
    """Return (second, offset before) at the year's start, then (second, new offset) of each change within the year."""
    zone = load_zone(name)
    start = int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
    end = int(datetime(year + 1, 1, 1, tzinfo=UTC).timestamp())
    before = _offset_us(zone, start)
    changes = [(start, before)]
    for second in range(start, end, 86_400):
        last = min(second + 86_400, end)
        after = _offset_us(zone, last)
        if after != before:
            low, high = second, last
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset_us(zone, middle) == before else (low, middle)
            changes.append((high, after))
            before = after
    return tuple(changes)


def _year(instant_us: int) -> int:
    lowest, highest = -2_208_988_800 * SECOND_US, 7_258_118_400 * SECOND_US
    if not lowest <= instant_us < highest:
        raise RefusedError(f"an instant lies outside the years {MIN_YEAR} to {MAX_YEAR}; fix the date")
    return (_EPOCH + timedelta(microseconds=instant_us)).year


def offset_table(zone: str, from_us: int, until_us: int) -> OffsetTable:
    """Return the offsets of ``zone`` over at least [from_us, until_us], first stretch starting at or before it.

    Raises RefusedError for an unknown zone or instants outside the years 1900 to 2199.
    """
    changes = [change for year in range(_year(from_us), _year(until_us) + 1) for change in _changes_of_year(zone, year)]
    starts = np.array([second for second, _ in changes], dtype=np.int64) * SECOND_US
    offsets = np.array([offset for _, offset in changes], dtype=np.int64)
    changed = np.concatenate([[True], offsets[1:] != offsets[:-1]])
    return OffsetTable(starts[changed], offsets[changed])


def offsets_at(zone: str, instants_us: Int64s) -> Int64s:
    """Return the offset from UTC, in microseconds, at each instant. Shape as given."""
    if instants_us.size == 0:
        return np.empty_like(instants_us)
    table = offset_table(zone, int(instants_us.min()), int(instants_us.max()))
    return table.offset_us[np.searchsorted(table.from_us, instants_us, side="right") - 1]


def local_days(zone: str, instants_us: Int64s) -> Int64s:
    """Return the number of the local date (days since 1970-01-01) at each instant. Shape as given."""
    return (instants_us + offsets_at(zone, instants_us)) // DAY_US


def clock_hours(zone: str, from_us: int, until_us: int) -> ClockHours:
    """Return the stretches of ``zone`` over at least [from_us, until_us], the first one starting at or before it."""
    table = offset_table(zone, from_us, until_us)
    before, turned = table.offset_us[:-1], table.from_us[1:]
    last_hour = (turned - 1 + before) // HOUR_US
    is_back = table.offset_us[1:] < before
    return ClockHours(
        *table,
        since_us=np.concatenate([[_LONG_AGO], turned]),
        back_hour=np.concatenate([[_LONG_AGO], np.where(is_back, last_hour, _LONG_AGO)]),
        back_us=np.concatenate([[_LONG_AGO], np.where(is_back, last_hour * HOUR_US - before, _LONG_AGO)]),
    )


def hour_starts(zone: str, instants_us: Int64s) -> Int64s:
    """Return when the hour of the local clock that each instant lies in began. Shape as given."""
    if instants_us.size == 0:
        return np.empty_like(instants_us)
    hours = clock_hours(zone, int(instants_us.min()), int(instants_us.max()))
    row = np.searchsorted(hours.from_us, instants_us, side="right") - 1
    offset, shown = hours.offset_us[row], (instants_us + hours.offset_us[row]) // HOUR_US
    begun = np.maximum(shown * HOUR_US - offset, hours.since_us[row])
    return np.where(shown <= hours.back_hour[row], hours.back_us[row], begun)


def week_starts(days: Int64s, week_start: int) -> Int64s:
    """Return the first day of the week of each local day; weeks begin on ``week_start`` (0 Monday to 6 Sunday)."""
    return days - (days + (_THURSDAY - week_start)) % 7


def day_starts(zone: str, from_us: int, until_us: int) -> DayStarts:
    """Return every stretch of one local date from the one that holds ``from_us`` to the one that holds ``until_us``.

    Days may be missing (a zone that jumped over one) or come back (a clock turned back over midnight).
    """
    table = offset_table(zone, from_us, until_us)
    ends = np.append(table.from_us[1:], until_us + 1)
    inside = (ends > from_us) & (table.from_us <= until_us)
    starts, ends, offsets = np.maximum(table.from_us, from_us)[inside], ends[inside], table.offset_us[inside]
    first, last = (starts + offsets) // DAY_US, (ends - 1 + offsets) // DAY_US
    counts = last - first + 1
    index = np.repeat(np.arange(counts.size), counts)
    day = first[index] + np.arange(index.size) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = np.maximum(day * DAY_US - offsets[index], starts[index])
    changed = np.concatenate([[True], day[1:] != day[:-1]])
    return DayStarts(begin[changed], day[changed])


def to_utc(zone: str, local_us: Int64s) -> LocalTimes:
    """Return the instants of local times of ``zone``. Shapes as given.

    A time that the clock jumped over is read with the offset before the jump, and so moves on by the gap; a time that
    the clock showed twice is the first of the two. Both are flagged.
    """
    if local_us.size == 0:
        return LocalTimes(local_us.copy(), np.zeros(0, np.bool_), np.zeros(0, np.bool_))
    stretches = _local_stretches(zone, int(local_us.min()) - 2 * DAY_US, int(local_us.max()) + 2 * DAY_US)
    index = np.searchsorted(stretches["local_from_us"].to_numpy(), local_us, side="right") - 1
    kind = stretches["kind"].to_numpy()[index]
    return LocalTimes(local_us - stretches["offset_us"].to_numpy()[index], kind == 1, kind == 2)


def _local_stretches(zone: str, from_us: int, until_us: int) -> pl.DataFrame:
    """Return local_from_us, offset_us, kind (0 plain, 1 gap, 2 repeated), ascending: every local time has one row."""
    table = offset_table(zone, from_us, until_us)
    starts, before, after = table.from_us[1:], table.offset_us[:-1], table.offset_us[1:]
    shows, jumps_to = starts + before, starts + after  # what the clock would have shown, and shows
    low, high = np.minimum(shows, jumps_to), np.maximum(shows, jumps_to)
    kind = np.where(after > before, 1, 2)
    return pl.DataFrame(
        {
            "local_from_us": np.concatenate([[np.iinfo(np.int64).min], np.column_stack([low, high]).ravel()]),
            "offset_us": np.concatenate([table.offset_us[:1], np.column_stack([before, after]).ravel()]),
            "kind": np.concatenate([[0], np.column_stack([kind, np.zeros_like(kind)]).ravel()]),
        },
        schema={"local_from_us": pl.Int64, "offset_us": pl.Int64, "kind": pl.Int64},
    )


def zone_offsets(zone: str, from_us: int, until_us: int) -> pl.DataFrame:
    """Return the offsets of a zone for ASOF joins from instants to local time.

    Grain: a stretch of constant offset that meets [from_us, until_us], ascending. Columns: zone, from_us (first one
    clipped to ``from_us``), until_us (exclusive; the last one ``until_us`` + 1), offset_us (local = UTC + offset), and
    since_us, back_hour and back_us as in ``ClockHours``.
    """
    table = clock_hours(zone, from_us, until_us)
    ends = np.append(table.from_us[1:], until_us + 1)
    inside = (ends > from_us) & (table.from_us <= until_us)
    return pl.DataFrame(
        {
            "zone": [zone] * int(inside.sum()),
            "from_us": np.maximum(table.from_us, from_us)[inside],
            "until_us": np.minimum(ends, until_us + 1)[inside],
            **{name: getattr(table, name)[inside] for name in ("offset_us", "since_us", "back_hour", "back_us")},
        },
        schema={"zone": pl.String, **dict.fromkeys(ZONE_OFFSETS, pl.Int64)},
    )


def local_offsets(zone: str, from_us: int, until_us: int) -> pl.DataFrame:
    """Return the way back, for ASOF joins from local times to instants (rules as in ``to_utc``).

    Grain: a stretch of local time, ascending and without holes, over at least [from_us, until_us] of the local clock.
    Columns: zone, local_from_us, local_until_us (exclusive), offset_us (UTC = local - offset), is_gap, is_repeated.
    """
    stretches = _local_stretches(zone, from_us - 2 * DAY_US, until_us + 2 * DAY_US)
    return stretches.select(
        pl.lit(zone).alias("zone"),
        "local_from_us",
        pl.col("local_from_us").shift(-1).fill_null(np.iinfo(np.int64).max).alias("local_until_us"),
        "offset_us",
        (pl.col("kind") == 1).alias("is_gap"),
        (pl.col("kind") == 2).alias("is_repeated"),
    )


def dates_interval(zone: str, first_day: int, last_day: int) -> tuple[int, int]:
    """Return (from_us, until_us), end exclusive, of the local dates ``first_day`` to ``last_day``, both included.

    Days are numbers since 1970-01-01. A date that the zone never had is empty. Where a clock was turned back over
    midnight the interval reaches to the last instant of ``last_day``. Raises RefusedError when the end lies before
    the start.
    """
    if last_day < first_day:
        raise RefusedError("an interval of dates ends before it starts; swap the two dates")
    starts = day_starts(zone, (first_day - 2) * DAY_US, (last_day + 3) * DAY_US)
    within = np.flatnonzero((starts.day >= first_day) & (starts.day <= last_day))
    if within.size == 0:
        edge = int(starts.from_us[np.flatnonzero(starts.day > last_day)[0]])
        return edge, edge
    return int(starts.from_us[within[0]]), int(starts.from_us[within[-1] + 1])
