"""Tables of open addressing: from a number to the row of what is known of it, and fetching rows ahead of their turn.

Belongs here: where a key stands, filling and freeing rows of a table. Does not belong here: what the rows mean.

The first column of a table holds the key, -1 where a row is free; its length is a power of two, at least half free.
Numbers that follow each other stand side by side, because they mostly come one after the other; a table twice as long
has its rows in the same order, so that growing reads and writes memory straight on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from rr_pipeline.core.kernel.arrays import Int64s, Table
from rr_pipeline.core.kernel.compiler import array_type, helper, kernel

_LOW, _SPREAD = 2**31 - 1, 0x9E3779B1  # their product stays below 2 ** 63, compiled or not
_SIDE = 2  # two to this power of numbers in a row stand side by side


@helper
def home_of(table: Table, key: int) -> int:
    """Return where a key stands in a table if nothing is in its way."""
    block = key >> _SIDE
    spread = (((block ^ (block >> 31)) & _LOW) * _SPREAD) & _LOW
    return ((spread * (table.shape[0] >> _SIDE)) >> 31 << _SIDE) | (key & ((1 << _SIDE) - 1))  # type: ignore[no-any-return]


@helper
def place_of(table: Table, key: int) -> int:
    """Return where a key stands in a table, or where it would."""
    mask, at = table.shape[0] - 1, home_of(table, key)
    while table[at, 0] != key and table[at, 0] != -1:
        at = (at + 1) & mask
    return at


@helper
def free_place(table: Table, at: int) -> None:
    """Free a row of a table; rows behind it that would not be found any more move up."""
    mask, hole = table.shape[0] - 1, at
    at = (at + 1) & mask
    while table[at, 0] != -1:
        if (at - home_of(table, table[at, 0])) & mask >= (at - hole) & mask:
            for column in range(table.shape[1]):
                table[hole, column] = table[at, column]
            hole = at
        at = (at + 1) & mask
    table[hole, 0] = -1


@kernel(types.void(array_type(np.int64, 2), array_type(np.int64, 2)))
def fill_table(table: Table, rows: Table) -> None:
    """Put rows into a table, those without a key left out; of several with one key the last one stays."""
    for k in range(rows.shape[0]):
        if rows[k, 0] != -1:
            at = place_of(table, rows[k, 0])
            for column in range(rows.shape[1]):
                table[at, column] = rows[k, column]


def table_over(rows: Int64s, more: int) -> Int64s:
    """Return a table of these rows with room for ``more`` keys."""
    size = 1 << max(_SIDE, 2 * (rows.shape[0] + more) - 1).bit_length()
    return _filled(size, rows)


def table_twice(table: Int64s) -> Int64s:
    """Return the same table of twice the length."""
    return _filled(2 * table.shape[0], table)


def _filled(size: int, rows: Int64s) -> Int64s:
    table = np.full((size, rows.shape[1]), -1, dtype=np.int64)
    fill_table(table, np.ascontiguousarray(rows))
    return table


def _fetch_uncompiled(table: npt.NDArray[Any], row: int, column: int) -> None:
    """Ask the processor for what stands in a table and is needed soon. It changes nothing but the time it takes."""


def _fetch_compiled(  # pragma: no cover - coverage is measured uncompiled
    _: Any, table: types.Array, row: types.Integer, column: types.Integer
) -> Any:
    """Return the compiler's type of ``fetch`` and how it is compiled: to one instruction, which waits for nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        shape = context.make_array(signature.args[0])(context, builder, arguments[0])
        first = builder.mul(arguments[1], cgutils.unpack_tuple(builder, shape.shape, table.ndim)[-1])
        place = builder.add(first, arguments[2])
        address = builder.bitcast(builder.gep(shape.data, [place]), cgutils.voidptr_t)
        whole = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, whole, whole, whole])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(prefetch, [address, whole(1), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(table, types.int64, types.int64), generate


fetch = _fetch_uncompiled if config.DISABLE_JIT else intrinsic(_fetch_compiled)


@helper
def fetch_row(table: Table, row: int) -> None:
    """Fetch a whole row; eight numbers come at a time."""
    for column in range(0, table.shape[1], 8):
        fetch(table, row, column)
