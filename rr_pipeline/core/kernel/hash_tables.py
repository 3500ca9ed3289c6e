"""Tables of open addressing: from a number to the row of what is known of it.

Belongs here: where a key stands, filling and freeing rows of a table. Does not belong here: what the rows mean.

The first field of a table's rows is the key, -1 where a row is free; its length is a power of two, at least half free.
Numbers that follow each other stand side by side, because they mostly come one after the other; a table twice as long
has its rows in the same order, so that growing reads and writes memory straight on.
"""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from numba import types

from rr_pipeline.core.kernel.compiler import array_type, helper, kernel
from rr_pipeline.core.kernel.item_records import Place
from rr_pipeline.core.kernel.records import Int64s, Record

Rows = TypeVar("Rows", bound=Record)

_LOW, _SPREAD = 2**31 - 1, 0x9E3779B1  # their product stays below 2 ** 63, compiled or not
_SIDE = 2  # two to this power of numbers in a row stand side by side


@helper
def home_of(keys: Int64s, key: int) -> int:
    """Return where a key stands in a table if nothing is in its way. ``keys``: the first field of the table."""
    block = key >> _SIDE
    spread = (((block ^ (block >> 31)) & _LOW) * _SPREAD) & _LOW
    return ((spread * (keys.size >> _SIDE)) >> 31 << _SIDE) | (key & ((1 << _SIDE) - 1))


@helper
def place_of(keys: Int64s, key: int) -> int:
    """Return where a key stands in a table, or where it would."""
    mask, at = keys.size - 1, home_of(keys, key)
    while keys[at] != key and keys[at] != -1:
        at = (at + 1) & mask
    return at


@helper
def free_place(places: npt.NDArray[Place], at: int) -> None:
    """Free a row of a table; rows behind it that would not be found any more move up."""
    keys = places["item_seq"]
    mask, hole = keys.size - 1, at
    at = (at + 1) & mask
    while keys[at] != -1:
        if (at - home_of(keys, keys[at])) & mask >= (at - hole) & mask:
            places[hole].item_seq, places[hole].row = places[at].item_seq, places[at].row
            hole = at
        at = (at + 1) & mask
    keys[hole] = -1


@kernel(types.void(array_type(np.int64, 2), array_type(np.int64, 2)))
def fill_table(table: Int64s, rows: Int64s) -> None:
    """Put rows into a table, those without a key left out; of several with one key the last one stays."""
    for k in range(rows.shape[0]):
        if rows[k, 0] != -1:
            at = place_of(table[:, 0], rows[k, 0])
            for column in range(rows.shape[1]):
                table[at, column] = rows[k, column]


def table_over(rows: npt.NDArray[Rows], more: int) -> npt.NDArray[Rows]:
    """Return a table of these rows with room for ``more`` keys."""
    size = 1 << max(_SIDE, 2 * (rows.size + more) - 1).bit_length()
    return _filled(size, rows)


def table_twice(table: npt.NDArray[Rows]) -> npt.NDArray[Rows]:
    """Return the same table of twice the length."""
    return _filled(2 * table.size, table)


def _filled(size: int, rows: npt.NDArray[Rows]) -> npt.NDArray[Rows]:
    table = np.full((size, len(rows.dtype.names or ())), -1, dtype=np.int64)
    fill_table(table, _as_numbers(rows))
    return table.reshape(-1).view(rows.dtype)


def _as_numbers(rows: npt.NDArray[Any]) -> Int64s:
    return np.ascontiguousarray(rows).view(np.int64).reshape(rows.size, len(rows.dtype.names or ()))
