"""Rows of a table that are used again when what they held is done.

Belongs here: compiled helpers that hand out rows and take them back. Does not belong here: what the rows mean.

A free row leads to the next free one: ``following`` is that field of the whole table.
"""

from __future__ import annotations

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.item_records import RowUse
from rr_pipeline.core.kernel.records import Int64s


@helper
def take_row(following: Int64s, use: RowUse) -> int:
    """Return a row to write: the one given back last, or, where none was, the first that was never used."""
    row = use.free
    if row >= 0:
        use.free = following[row]
    else:
        row = use.used
        use.used = row + 1
    return row


@helper
def give_row(row: int, following: Int64s, use: RowUse) -> None:
    """Give a row back."""
    following[row] = use.free
    use.free = row
