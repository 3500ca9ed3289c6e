"""Asking the processor's memory for what is needed soon.

Belongs here: the one instruction, compiled, and its stand-in as plain Python. Does not belong here: what is needed.
"""

from __future__ import annotations

from typing import Any

import numpy.typing as npt
from llvmlite import ir  # type: ignore[import-untyped]
from numba import config, types
from numba.core import cgutils
from numba.extending import intrinsic

from rr_pipeline.core.kernel.compiler import helper

_LINE = 64


def _fetch_uncompiled(table: npt.NDArray[Any], row: int, byte: int) -> None:
    """Ask the processor for what stands in a table and is needed soon. It changes nothing but the time it takes."""


def _fetch_compiled(  # pragma: no cover - coverage is measured uncompiled
    _: Any, table: types.Array, row: types.Integer, byte: types.Integer
) -> Any:
    """Return the compiler's type of ``fetch`` and how it is compiled: to one instruction, which waits for nothing."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        step = cgutils.unpack_tuple(builder, array.strides, 1)[0]
        place = builder.add(builder.mul(arguments[1], step), arguments[2])
        address = builder.gep(builder.bitcast(array.data, cgutils.voidptr_t), [place])
        whole = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [cgutils.voidptr_t, whole, whole, whole])
        prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(prefetch, [address, whole(1), whole(3), whole(1)])
        return context.get_dummy_value()

    return types.void(table, types.int64, types.int64), generate


fetch = _fetch_uncompiled if config.DISABLE_JIT else intrinsic(_fetch_compiled)


@helper
def fetch_row(table: npt.NDArray[Any], row: int) -> None:
    """Fetch a whole row, line by line of memory."""
    for byte in range(0, table.itemsize, _LINE):
        fetch(table, row, byte)
