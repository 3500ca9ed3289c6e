"""What was given on each of the last days, and weeks counted from it when they begin on another day than before.

Belongs here: days as cells of ``Slots.tally`` and as lists of the state, and weeks after a change of their first day.
Does not belong here: what is counted when something is given (``windows``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.local_time import week_starts
from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.packing.list_columns import lists_of, offsets_of

Int64s = npt.NDArray[np.int64]

_COUNT = (1 << c.DAY_SHIFT) - 1
_WEEK = 7


def _cells(table: Int64s) -> Int64s:
    return table[:, c.DAYS : c.DAYS + c.DAYS_KEPT]


def fill_days(table: Int64s, state: pl.DataFrame) -> None:
    """Put the days of the state into the cells of members or users."""
    sizes = state["recent_days"].list.len().fill_null(0).to_numpy()
    days, counts = (
        state[name].drop_nulls().list.explode(empty_as_null=False, keep_nulls=False).to_numpy()
        for name in ("recent_days", "recent_counts")
    )
    row = np.repeat(np.arange(table.shape[0]), sizes)
    table[row, c.DAYS + days % c.DAYS_KEPT] = (days << c.DAY_SHIFT) + counts


def write_days(table: Int64s) -> dict[str, pl.Series]:
    """Return the days on which something was given, in order, and how much on each, as columns of the state."""
    cells = np.sort(_cells(table), axis=1)
    is_used = cells != 0
    offset, used = offsets_of(is_used.sum(axis=1)), cells[is_used]
    return {
        "recent_days": lists_of(used >> c.DAY_SHIFT, offset),
        "recent_counts": lists_of(used & _COUNT, offset),
    }


def count_weeks_again(table: Int64s) -> None:
    """Count the weeks of those whose first day of the week is another one now.

    Left alone is who was given something of the last week before days were kept.
    """
    last, given = table[:, c.WINDOW + c.WEEK], table[:, c.GIVEN + c.WEEK]
    rows = np.flatnonzero((given > 0) & (last - week_starts(last, 0) != table[:, c.FIRST_DAY]))
    rows = rows[_given_in(table[rows], last[rows]) == given[rows]]
    for row in rows.tolist():
        _count_again(table[row : row + 1])


def _given_in(table: Int64s, week: Int64s) -> Int64s:
    """Return how much was given in the week that begins on a day, one a row."""
    cells = _cells(table)
    days = (cells >> c.DAY_SHIFT) - week[:, None]
    given: Int64s = np.where((days >= 0) & (days < _WEEK), cells & _COUNT, 0).sum(axis=1)
    return given


def _count_again(table: Int64s) -> None:
    """Count the week of the last day on which the one of this row was given something, and another one.

    The other is the week before where it can be come back to, as when a clock is turned back over midnight; or the one
    after where that has just happened.
    """
    first_day, day = int(table[0, c.FIRST_DAY]), table[:, c.WINDOW + c.DAY]
    cells = _cells(table)[0]
    weeks = week_starts(np.sort(cells[cells != 0] >> c.DAY_SHIFT), first_day)
    last = week_starts(day, first_day)
    others = weeks[(weeks != last) & (weeks > day - c.DAYS_KEPT)]
    other = others[-1:] if others.size else last - _WEEK
    is_whole = other > day - c.DAYS_KEPT
    table[:, c.WINDOW + c.WEEK], table[:, c.GIVEN + c.WEEK] = last, _given_in(table, last)
    table[:, c.WINDOW + c.PREVIOUS_WEEK] = other
    table[:, c.GIVEN + c.PREVIOUS_WEEK] = np.where(is_whole, _given_in(table, other), 0)
