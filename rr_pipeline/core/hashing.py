"""Tables of open addressing: from a number to the row of what is known of it.

Belongs here: where a key stands, and filling a table. Does not belong here: what the rows mean.

The first column of a table holds the key, -1 where a row is free; its length is a power of two, at least half free.
"""

from __future__ import annotations

import numpy as np
from numba import types

from rr_pipeline.core.arrays import Int64s, Table
from rr_pipeline.core.compiled import array_type, helper, kernel

_LOW, _SPREAD = 2**31 - 1, 0x9E3779B1  # their product stays below 2 ** 63, compiled or not


@helper
def place_of(table: Table, key: int) -> int:
    """Return where a key stands in a table, or where it would."""
    mask = table.shape[0] - 1
    at = ((((key ^ (key >> 31)) & _LOW) * _SPREAD) >> 15) & mask
    while table[at, 0] != key and table[at, 0] != -1:
        at = (at + 1) & mask
    return at  # type: ignore[no-any-return]


@kernel(types.void(array_type(np.int64, 2), array_type(np.int64, 2)))
def fill_table(table: Table, rows: Table) -> None:
    """Put rows into a table; of several with one key the last one stays."""
    for k in range(rows.shape[0]):
        at = place_of(table, rows[k, 0])
        for column in range(rows.shape[1]):
            table[at, column] = rows[k, column]


def table_over(rows: Int64s, more: int) -> Int64s:
    """Return a table of these rows with room for ``more`` keys."""
    size = 1 << max(1, 2 * (rows.shape[0] + more) - 1).bit_length()
    table = np.full((size, rows.shape[1]), -1, dtype=np.int64)
    fill_table(table, np.ascontiguousarray(rows))
    return table
