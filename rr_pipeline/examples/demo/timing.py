"""When things happen in the demo: the covered period, the deliveries that cut it, and the curve of a week.

Belongs here: instants as whole microseconds in UTC, and their spelling in the dialects of the exports. The period
ends at a fixed instant, never at today's: the same arguments give the same bytes in any year.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from rr_pipeline.examples.demo.draw import Draw, Ints

SECOND = 1_000_000
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
PERIOD_END = datetime(2026, 7, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WEEKDAYS = (112, 118, 115, 108, 90, 16, 12)  # Monday first: weekends are thin
_HOURS = (6, 4, 3, 3, 4, 8, 20, 55, 110, 130, 135, 120, 85, 110, 125, 115, 90, 55, 35, 30, 28, 25, 18, 10)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970 of an aware ``instant``."""
    return (instant - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class Period:
    """The covered days, in UTC. Delivery k holds ``edges[k]`` <= t < ``edges[k + 1]`` (microseconds)."""

    days: int
    edges: tuple[int, ...]

    @classmethod
    def of(cls, days: int) -> Period:
        """Cut the last ``days`` days before the fixed end: a delivery a day up to 31 days, then a week, then four."""
        step = 1 if days <= 31 else 7 if days <= 400 else 28
        end = to_us(PERIOD_END)
        return cls(days, (*(end - n * DAY for n in [days, *range((days - 1) // step * step, 0, -step)]), end))

    @property
    def start_us(self) -> int:
        return self.edges[0]

    @property
    def end_us(self) -> int:
        return self.edges[-1]

    @property
    def start(self) -> datetime:
        return PERIOD_END - timedelta(days=self.days)

    @property
    def switch(self) -> datetime:
        """When the second policy takes over: a midnight two thirds through; on a single day, noon."""
        return self.start + (timedelta(days=self.days * 2 // 3) if self.days >= 2 else timedelta(hours=12))

    @property
    def deliveries(self) -> int:
        return len(self.edges) - 1

    def file_of(self, instants: Ints) -> Ints:
        """Return the delivery (0 based) that first carries each instant."""
        found = np.searchsorted(np.asarray(self.edges), instants, side="right") - 1
        return np.clip(found, 0, self.deliveries - 1).astype(np.int64)

    def stamp(self, delivery: int) -> str:
        """Return when a delivery comes, as file names say it: five minutes after its cut (-1: before all others)."""
        at = PERIOD_END - timedelta(microseconds=self.end_us - self.edges[delivery + 1]) + timedelta(minutes=5)
        return at.strftime("%Y%m%dT%H%M")

    def arrivals(self, draw: Draw, hours_from_utc: Ints) -> Ints:
        """Return one instant for each row: busy at working hours of its country, thin at weekends, a little growth."""
        count = len(hours_from_utc)
        first = self.start.weekday()
        weights = [_WEEKDAYS[(first + day) % 7] * (1000 + 150 * day // self.days) for day in range(self.days)]
        day = draw.pick(weights, count)
        hour = (draw.pick(_HOURS, count) - hours_from_utc) % 24
        return np.asarray(self.start_us + day * DAY + hour * HOUR + draw.below(3_600, count) * SECOND, dtype=np.int64)

    def workdays(self) -> float:
        """Return how many ordinary weekdays' worth of arrivals the period holds (at least a weekend day)."""
        first = self.start.weekday()
        return sum(_WEEKDAYS[(first + day) % 7] for day in range(self.days)) / 108.6


def iso_offset(instants: Ints) -> pl.Series:
    """Spell instants as Salesforce exports do: ``2026-01-22T20:36:47.000+0000``."""
    return _spelt(instants, "%Y-%m-%dT%H:%M:%S.000+0000")


def iso_z(instants: Ints) -> pl.Series:
    """Spell instants as web services do: ``2026-01-22T20:36:47Z``."""
    return _spelt(instants, "%Y-%m-%dT%H:%M:%SZ")


def local(instants: Ints, zone: str, pattern: str) -> pl.Series:
    """Spell instants in the local time of ``zone``, without saying the zone."""
    hours, where = np.unique(instants // HOUR, return_inverse=True)
    tz = ZoneInfo(zone)
    offsets = [(EPOCH + timedelta(hours=int(hour))).astimezone(tz).utcoffset() or timedelta() for hour in hours]
    shifts = np.array([int(offset.total_seconds()) for offset in offsets], dtype=np.int64)
    return _spelt(instants + shifts[where.ravel()] * SECOND, pattern) if len(instants) else _spelt(instants, pattern)


def _spelt(instants: Ints, pattern: str) -> pl.Series:
    return pl.Series(instants, dtype=pl.Int64).cast(pl.Datetime("us")).dt.strftime(pattern)
