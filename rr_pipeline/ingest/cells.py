"""Cells found in a buffer become columns: the step that all text formats share.

Belongs here: the compiled copy of cells from a buffer into Arrow columns. Does not belong here: where a cell begins and
ends, which the tokenizers (scan.py, json_scan.py) decide and leave in ``spans``.

Spans are pairs of whole numbers, row by row: the first byte of a cell and the byte behind its last. An end below zero
is no value; a start below zero, ``~start``, is a cell with escapes in it, that are undone here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from numba import config

from rr_pipeline.core.kernel.compiler import cache_folder, helper

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]
Spans = npt.NDArray[np.int32]

ABSENT = -1
"""End of a span without a value."""

ROW = "_row"
"""First column of every batch: the number of the record in its file."""

BACKSLASH = 92
"""The escape of JSON; of CSV it is the quote, which stands for itself when doubled."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, without the interpreter lock; machine code is kept where the core keeps its own."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    finally:
        config.CACHE_DIR = before


HEX_VALUES: Numbers = np.zeros(256, np.int64)
"""What each byte is worth as a hexadecimal digit."""
for _digit in b"0123456789abcdefABCDEF":
    HEX_VALUES[_digit] = int(chr(_digit), 16)

# A signed index costs a test for negative ones at each byte; half the time of a scan.
at = np.uint64


def batch_of(data: Bytes, spans: Spans, rows: Numbers, names: Sequence[str], escape: int) -> pa.RecordBatch:
    """Copy cells out of ``data`` into a batch of text columns, the rows' numbers in front.

    ``spans`` has a pair of numbers for each row and name; ``data`` is valid UTF-8 and its spans cut no letter.
    """
    count, width = len(rows), len(names)
    out = np.empty(len(data), np.uint8)
    offsets = np.zeros((width, count + 1), np.int32)
    is_there = np.zeros((width, (count + 7) // 8), np.uint8)
    ends, nulls = np.zeros(width, np.int64), np.zeros(width, np.int64)
    _gather(data, spans, escape, out, offsets, is_there, ends, nulls)
    written = int(ends[-1]) if width else 0
    # A buffer may wait a while until it is loaded; one that is mostly air is not worth keeping.
    text = pa.py_buffer(out[:written].copy() if 2 * written < len(out) else out)
    starts = [0, *ends.tolist()]
    cells = [
        pa.StringArray.from_buffers(
            count,
            pa.py_buffer(offsets[place]),
            text.slice(starts[place], starts[place + 1] - starts[place]),
            pa.py_buffer(is_there[place]) if nulls[place] else None,
            int(nulls[place]),
        )
        for place in range(width)
    ]
    return pa.RecordBatch.from_arrays([pa.array(rows), *cells], names=[ROW, *names])


@helper
def _put_letter(out: Bytes, written: int, letter: int) -> int:
    """Write a letter of the basic plane as UTF-8."""
    if letter < 0x80:
        out[written] = letter
        return written + 1
    if letter < 0x800:
        out[written] = 0xC0 | letter >> 6
        out[written + 1] = 0x80 | letter & 63
        return written + 2
    out[written] = 0xE0 | letter >> 12
    out[written + 1] = 0x80 | letter >> 6 & 63
    out[written + 2] = 0x80 | letter & 63
    return written + 3


@helper
def _unescape(  # noqa: PLR0917 - a compiled function takes no keywords
    data: Bytes, start: int, end: int, escape: int, out: Bytes, written: int
) -> int:
    """Copy a cell without its escapes, all of which the tokenizer has found to be in order."""
    place = start
    while place < end:
        letter = data[at(place)]
        if letter == escape:
            place += 1
            letter = data[at(place)]
            if escape == BACKSLASH:
                if letter == 110:  # n
                    letter = np.uint8(10)
                elif letter == 114:  # r
                    letter = np.uint8(13)
                elif letter == 116:  # t
                    letter = np.uint8(9)
                elif letter == 117:  # u
                    code = 0
                    for step in range(1, 5):
                        code = code << 4 | HEX_VALUES[data[at(place + step)]]
                    written = _put_letter(out, written, code)
                    place += 5
                    continue
        out[at(written)] = letter
        written += 1
        place += 1
    return written


@compiled
def _gather(  # noqa: PLR0917
    data: Bytes, spans: Spans, escape: int, out: Bytes, offsets: Spans, is_there: Bytes, ends: Numbers, nulls: Numbers
) -> None:
    """Copy all cells to ``out``, column by column; offsets count from the column's first byte."""
    width, rows = offsets.shape[0], offsets.shape[1] - 1
    written = 0
    for column in range(width):
        first = written
        for row in range(rows):
            place = 2 * (row * width + column)
            start, end = spans[at(place)], spans[at(place + 1)]
            if end < 0:
                nulls[column] += 1
            else:
                is_there[column, row >> 3] |= np.uint8(1 << (row & 7))
                if start < 0:
                    written = _unescape(data, ~start, end, escape, out, written)
                else:
                    for index in range(end - start):
                        out[at(written + index)] = data[at(start + index)]
                    written += end - start
            offsets[column, row + 1] = written - first
        ends[column] = written
