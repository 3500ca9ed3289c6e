"""When so much working time has passed: tables of working time, and the question the kernel asks of them.

Belongs here: the tables, and ``due_at``. Does not belong here: how they are built (``calendar.working_clocks``), and
which target an item has.

``due_at`` is plain Python over whole numbers that calls nothing: wrapped by ``compiler.helper`` it becomes part of a
kernel, and as it stands it says the same uncompiled.
"""

from __future__ import annotations

from typing import NamedTuple

from rr_pipeline.core.kernel.codes import HOUR_US, NEVER
from rr_pipeline.core.kernel.records import Int64s

HORIZON_US = 400 * 24 * HOUR_US
"""Working time that does not come within that long never comes: a table must reach so far beyond its last question."""


class Clocks(NamedTuple):
    """Working time of pairs (time zone, schedule), in blocks that neither meet nor overlap.

    The blocks of pair p are rows ``row[p]`` to ``row[p + 1]``, ascending; ends are exclusive.
    """

    row: Int64s  # (pairs + 1,)
    from_us: Int64s  # (blocks,)
    until_us: Int64s  # (blocks,)
    worked_us: Int64s  # (blocks,) working time in the pair's earlier blocks
    range_us: Int64s  # (2,) the first and the last instant the tables tell of


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


def start_at(clocks: Clocks, pair: int, t: int, worked_us: int) -> int:
    """Return the last instant from which on ``worked_us`` of working time pass until t; both are in the range.

    The start of the range where less working time has passed since then.
    """
    first = clocks.row[pair]
    low, high = first, clocks.row[pair + 1]  # the number of blocks that begin before t
    while low < high:
        middle = (low + high) // 2
        if clocks.from_us[middle] < t:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return clocks.range_us[0]  # type: ignore[no-any-return]
    goal = clocks.worked_us[low - 1] + min(t, clocks.until_us[low - 1]) - clocks.from_us[low - 1] - worked_us
    high, low = low, first  # the number of blocks before which no more has been worked than that
    while low < high:
        middle = (low + high) // 2
        if clocks.worked_us[middle] <= goal:
            low = middle + 1
        else:
            high = middle
    if low == first:
        return clocks.range_us[0]  # type: ignore[no-any-return]
    return clocks.from_us[low - 1] + goal - clocks.worked_us[low - 1]  # type: ignore[no-any-return]
