"""Rows of a table that are used again when what they held is done.

Belongs here: compiled helpers that hand out rows and take them back. Does not belong here: what the rows mean.
"""

from __future__ import annotations

from rr_pipeline.core.kernel.arrays import Int64s, Table
from rr_pipeline.core.kernel.compiler import helper


@helper
def take_row(table: Table, chain: int, free: int, count: int, control: Int64s) -> int:
    """Return a row to write: the one given back last, or, where none was, the first that was never used.

    ``chain``: the column of a free row that leads to the next free one; ``free`` and ``count``: where ``control``
    holds the first free row, -1 for none, and how many rows were ever used.
    """
    row = control[free]
    if row >= 0:
        control[free] = table[row, chain]
    else:
        row = control[count]
        control[count] = row + 1
    return row  # type: ignore[no-any-return]


@helper
def give_row(row: int, table: Table, chain: int, free: int, control: Int64s) -> None:
    """Give a row back. ``chain`` and ``free`` as in ``take_row``."""
    table[row, chain], control[free] = control[free], row
