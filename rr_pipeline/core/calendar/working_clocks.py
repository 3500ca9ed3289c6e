"""Working-time clocks: when so much working time has passed, and how much lies between two instants.

Belongs here: tables of working time for compiled code and for measures, and the arithmetic on them. Does not belong
here: when somebody works (``schedules``), which target an item has, or what happens when it is missed.

``due_at`` and ``next_working`` are plain Python over whole numbers that call nothing: wrapped by ``compiler.helper``
they become part of a kernel, and as they stand they say the same uncompiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.calendar.local_time import DAY_US
from rr_pipeline.core.calendar.schedules import Pair, schedule_hours
from rr_pipeline.core.kernel.arrays import Vector
from rr_pipeline.core.kernel.columns import NEVER

HORIZON_US = 400 * DAY_US
"""Working time that does not come within that long never comes: a table must reach so far beyond its last question."""

Int64s = npt.NDArray[np.int64]


class Clocks(NamedTuple):
    """Working time of pairs (time zone, schedule), in blocks that neither meet nor overlap.

    The blocks of pair p are rows ``row[p]`` to ``row[p + 1]``, ascending; ends are exclusive.
    """

    row: Vector  # (pairs + 1,)
    from_us: Vector  # (blocks,)
    until_us: Vector  # (blocks,)
    worked_us: Vector  # (blocks,) working time in the pair's earlier blocks
    range_us: Vector  # (2,) the first and the last instant the tables tell of


def build_clocks(pairs: Sequence[Pair], from_us: int, until_us: int) -> Clocks:
    """Return the clocks of ``pairs``, in their order, over [from_us, until_us].

    Raises RefusedError for an unknown zone or instants outside the years of ``local_time``.
    """
    spans = [hours.working for hours in schedule_hours(pairs, from_us, until_us)]
    empty = np.zeros(0, dtype=np.int64)
    row = np.cumsum([0, *(one.from_us.size for one in spans)], dtype=np.int64)
    starts = np.concatenate([empty, *(one.from_us for one in spans)])
    ends = np.concatenate([empty, *(one.until_us for one in spans)])
    worked = np.concatenate([[0], np.cumsum(ends - starts)])
    before = worked[:-1] - np.repeat(worked[row[:-1]], np.diff(row))
    return Clocks(row, starts, ends, before, np.array([from_us, until_us], dtype=np.int64))


def due_at(clocks: Clocks, pair: int, t: int, within_us: int) -> int:
    """Return the first instant at which ``within_us`` of working time has passed since ``t``, which is in the range.

    The very end of a block counts as that block's. NEVER if it does not come within ``HORIZON_US``, or within the
    range, which must reach that far for the answer not to depend on it. Without working time to wait for it is ``t``.
    """
    if within_us <= 0:
        return t
    first, end = clocks.row[pair], clocks.row[pair + 1]
    low, high = first, end  # the number of blocks that begin at t or before
    while low < high:
        middle = (low + high) // 2
        if clocks.from_us[middle] <= t:
            low = middle + 1
        else:
            high = middle
    goal = within_us
    if low > first:
        goal += clocks.worked_us[low - 1] + min(t, clocks.until_us[low - 1]) - clocks.from_us[low - 1]
        low -= 1
    high = end  # the first block with the goal already behind it
    while low < high:
        middle = (low + high) // 2
        if clocks.worked_us[middle] < goal:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return NEVER
    due = clocks.from_us[low - 1] + goal - clocks.worked_us[low - 1]
    if due > clocks.until_us[low - 1] or due > t + HORIZON_US:
        return NEVER
    return due  # type: ignore[no-any-return]


def next_working(clocks: Clocks, pair: int, t: int) -> int:
    """Return the first working instant at ``t``, which is in the range, or after it; NEVER if there is none in it."""
    low, high = clocks.row[pair], clocks.row[pair + 1]
    while low < high:
        middle = (low + high) // 2
        if clocks.until_us[middle] <= t:
            low = middle + 1
        else:
            high = middle
    if low == clocks.row[pair + 1]:
        return NEVER
    return max(t, clocks.from_us[low])  # type: ignore[no-any-return]


def worked_between(clocks: Clocks, pair: npt.NDArray[np.integer], from_us: Int64s, until_us: Int64s) -> Int64s:
    """Return the working time between two instants, in microseconds, row by row; less than 0 where they run back.

    Raises ValueError for an instant outside the range, of which the tables know nothing, and for an unknown pair.
    """
    begin, end = clocks.range_us.tolist()
    for values, least, most in ((from_us, begin, end + 1), (until_us, begin, end + 1), (pair, 0, clocks.row.size - 2)):
        if values.size and not (least <= values.min() and values.max() <= most):
            raise ValueError("an instant or a pair is none of these clocks; build them over all that is measured")
    order = np.argsort(pair, kind="stable")
    bounds = np.searchsorted(pair[order], np.arange(clocks.row.size))
    worked = np.empty(pair.size, dtype=np.int64)
    for number in np.flatnonzero(np.diff(bounds)).tolist():
        places = order[bounds[number] : bounds[number + 1]]
        worked[places] = _worked_by(clocks, number, until_us[places]) - _worked_by(clocks, number, from_us[places])
    return worked


def _worked_by(clocks: Clocks, pair: int, instants: Int64s) -> Int64s:
    """Return the working time of one pair from the start of the range to each instant."""
    own = slice(clocks.row[pair], clocks.row[pair + 1])
    starts, ends, before = clocks.from_us[own], clocks.until_us[own], clocks.worked_us[own]
    if starts.size == 0:
        return np.zeros(instants.size, dtype=np.int64)
    place = np.searchsorted(starts, instants, side="right") - 1
    known = np.maximum(place, 0)
    return np.where(place < 0, 0, before[known] + np.minimum(instants, ends[known]) - starts[known])
