"""What was given on each of the last days, and weeks counted from it when they begin on another day than before.

Belongs here: days as cells of ``Tally`` and as lists of the state, and weeks after a change of their first day.
Does not belong here: what is counted when something is given (``windows``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.local_time import week_starts
from rr_pipeline.core.kernel.pool_records import DAY_SHIFT, DAYS_KEPT, Tally, Window
from rr_pipeline.core.limits import DATED, WINDOWS
from rr_pipeline.core.packing.list_columns import lists_of, offsets_of

Int64s = npt.NDArray[np.int64]

_COUNT = (1 << DAY_SHIFT) - 1
_WEEK = 7


def window_cells(table: npt.NDArray[Tally]) -> dict[str, npt.NDArray[Window]]:
    """Return the windows of all rows, by their names in the state."""
    cells = {one.span: table["windows"][:, place] for place, one in enumerate(WINDOWS)}
    return cells | {f"previous_{one.span}": table["previous"][:, place] for place, one in enumerate(DATED)}


def fill_days(table: npt.NDArray[Tally], state: pl.DataFrame) -> None:
    """Put the days of the state into the cells of members or users."""
    sizes = state["recent_days"].list.len().fill_null(0).to_numpy()
    days, counts = (
        state[name].drop_nulls().list.explode(empty_as_null=False, keep_nulls=False).to_numpy()
        for name in ("recent_days", "recent_counts")
    )
    row = np.repeat(np.arange(table.size), sizes)
    table["days"][row, days % DAYS_KEPT] = (days << DAY_SHIFT) + counts


def write_days(table: npt.NDArray[Tally]) -> dict[str, pl.Series]:
    """Return the days on which something was given, in order, and how much on each, as columns of the state."""
    cells = np.sort(table["days"], axis=1)
    is_used = cells != 0
    offset, used = offsets_of(is_used.sum(axis=1)), cells[is_used]
    return {
        "recent_days": lists_of(used >> DAY_SHIFT, offset),
        "recent_counts": lists_of(used & _COUNT, offset),
    }


def count_weeks_again(table: npt.NDArray[Tally]) -> None:
    """Count the weeks of those whose first day of the week is another one now.

    Left alone is who was given something of the last week before days were kept.
    """
    week = window_cells(table)["week"]
    last, given = week["begins"], week["given"]
    rows = np.flatnonzero((given > 0) & (last - week_starts(last, 0) != table["first_weekday"]))
    rows = rows[_given_in(table[rows], last[rows]) == given[rows]]
    for row in rows.tolist():
        _count_again(table[row : row + 1])


def _given_in(table: npt.NDArray[Tally], week: Int64s) -> Int64s:
    """Return how much was given in the week that begins on a day, one a row."""
    cells = table["days"]
    days = (cells >> DAY_SHIFT) - week[:, None]
    given: Int64s = np.where((days >= 0) & (days < _WEEK), cells & _COUNT, 0).sum(axis=1)
    return given


def _count_again(table: npt.NDArray[Tally]) -> None:
    """Count the week of the last day on which the one of this row was given something, and another one.

    The other is the week before where it can be come back to, as when a clock is turned back over midnight; or the one
    after where that has just happened.
    """
    own = window_cells(table)
    first_day, day = int(table[0].first_weekday), own["day"]["begins"]
    cells = table["days"][0]
    weeks = week_starts(np.sort(cells[cells != 0] >> DAY_SHIFT), first_day)
    last = week_starts(day, first_day)
    others = weeks[(weeks != last) & (weeks > day - DAYS_KEPT)]
    other = others[-1:] if others.size else last - _WEEK
    is_whole = other > day - DAYS_KEPT
    own["week"]["begins"], own["week"]["given"] = last, _given_in(table, last)
    own["previous_week"]["begins"] = other
    own["previous_week"]["given"] = np.where(is_whole, _given_in(table, other), 0)
