"""Working-time clocks: how much working time lies between two instants.

Belongs here: tables of working time, and sums over them. Does not belong here: when somebody works (``schedules``), or
when so much working time has passed (``kernel.working_time``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.calendar.schedules import Pair, schedule_hours
from rr_pipeline.core.kernel.working_time import Clocks

Int64s = npt.NDArray[np.int64]


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
