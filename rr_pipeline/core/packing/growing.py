"""Tables of the kernel that grow while it works: rows of what waits, what is open and what is due.

Belongs here: which tables these are, and making them larger. Does not belong here: what is laid out in them
(``live_items``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy.typing as npt

from rr_pipeline.core.kernel.item_records import (
    EarlierOwner,
    Hold,
    LaterTimers,
    OpenItem,
    Pass,
    Person,
    Place,
    Timer,
    Waiter,
)
from rr_pipeline.core.kernel.records import Int64s, Rows, table_of

ROOM = 1024
"""So many rows more than are needed at first."""


@dataclass
class Tables:
    """The tables of ``State`` that grow and are built again: what waits, what is open, and what is due."""

    awake: Int64s
    holds: npt.NDArray[Hold]
    passes: npt.NDArray[Pass]
    open_items: npt.NDArray[OpenItem]
    trail: npt.NDArray[EarlierOwner]
    places: npt.NDArray[Place]
    timers: npt.NDArray[Timer]
    waiters: npt.NDArray[Waiter]
    later: npt.NDArray[LaterTimers]
    hours: Int64s
    persons: npt.NDArray[Person]


def with_room(rows: npt.NDArray[Rows], more: int) -> npt.NDArray[Rows]:
    """Return a table of these rows and so many more."""
    table = table_of(rows.dtype.type, rows.size + more)
    table[: rows.size] = rows
    return table


def enlarged(table: npt.NDArray[Rows], used: int, more: int = 0) -> npt.NDArray[Rows]:
    """Return the table, of twice the length if hardly any of its rows is free beside ``more`` of them."""
    if used + more + ROOM // 8 < table.size:
        return table
    return with_room(table[:used], 2 * max(table.size, used + more) + ROOM - used)
