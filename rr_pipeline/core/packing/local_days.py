"""Local time of a version: segments of availability, and the days and offsets of every zone in use.

Belongs here: the tables of ``State`` that tell of time. Does not belong here: who is available (``calendar``), or what
is counted by day and hour (``kernel.windows``).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.calendar.eligibility import Timelines
from rr_pipeline.core.calendar.local_time import clock_hours, day_starts
from rr_pipeline.core.kernel.pool_records import LocalDay, Zone
from rr_pipeline.core.kernel.records import Int64s, table_of
from rr_pipeline.core.limits import ENDING
from rr_pipeline.core.model import NO_LIMIT, Limits
from rr_pipeline.core.packing.list_columns import offsets_of
from rr_pipeline.core.packing.numbering import Numbering


def _by_segment(numbering: Numbering, lines: Timelines) -> npt.NDArray[np.uint16]:
    """Return the masks of each pool segment by segment: a new segment then reads one stretch of memory."""
    found, first = [np.zeros(0, dtype=np.uint16)], 0
    for place, count in enumerate(np.diff(lines.pool_segment).tolist()):
        size = len(numbering.pools[place].members)
        if size:
            begin = int(lines.row[first])
            block = lines.masks[begin : begin + size * (count + 1)].reshape(size, count + 1)
            found.append(block[:, :count].T.ravel())
        first += size
    return np.concatenate(found)


def _has_windows(limits: Limits) -> bool:
    return any(limits.of(one) != NO_LIMIT for one in ENDING)


def _days_of(zone: str, span: tuple[int, int]) -> npt.NDArray[LocalDay]:
    """Return every stretch of one local date and one offset over the span."""
    days, hours = day_starts(zone, *span), clock_hours(zone, *span)
    turned = hours.from_us[(hours.from_us > span[0]) & (hours.from_us <= span[1])]
    starts = np.union1d(days.from_us, turned)
    in_force = np.searchsorted(hours.from_us, starts, side="right") - 1
    found = table_of(LocalDay, starts.size)
    found["begins_us"], found["day"] = starts, days.day[np.searchsorted(days.from_us, starts, side="right") - 1]
    for name in ("offset_us", "since_us", "back_hour", "back_us"):
        found[name] = getattr(hours, name)[in_force]
    return found


class Times(NamedTuple):
    """What the clock brings: segments of availability, and local days of every zone in use (see ``State``)."""

    segments: Int64s
    masks: npt.NDArray[np.uint16]
    pool_zones: Int64s
    zones: npt.NDArray[Zone]
    days: npt.NDArray[LocalDay]


def lay_out_times(
    numbering: Numbering, zones: list[str], user_zone: list[str], lines: Timelines, span: tuple[int, int]
) -> tuple[Times, Int64s]:
    """Return segments and local days, and each pool's range of the zones in which its members count hours and days."""
    number = {zone: place for place, zone in enumerate(zones)}
    rows = [_days_of(zone, span) for zone in zones]
    over_pools = {
        name: number[zone]
        for name, zone, one in zip(numbering.users, user_zone, numbering.limits, strict=True)
        if one is not None and _has_windows(one.limits)
    }
    of_pools = [
        sorted(
            {number[member.time_zone] for member in pool.members if _has_windows(member.limits)}
            | {over_pools[member.member_id] for member in pool.members if member.member_id in over_pools}
        )
        for pool in numbering.pools
    ]
    row, zone_table = offsets_of([days.size for days in rows]), table_of(Zone, len(rows))
    zone_table["first_day"], zone_table["today"], zone_table["end_day"] = row[:-1], row[:-1], row[1:]
    times = Times(
        segments=lines.segment_us,
        masks=_by_segment(numbering, lines),
        pool_zones=np.array([zone for pool in of_pools for zone in pool], dtype=np.int64),
        zones=zone_table,
        days=np.concatenate([table_of(LocalDay, 0), *rows]),
    )
    return times, offsets_of([len(pool) for pool in of_pools])
