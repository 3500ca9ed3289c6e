"""The one tokenizer of CSV: a compiled pass over bytes that decides where records and fields begin and end.

Belongs here: the kernel and the meaning of its numbers. Does not belong here: files, encodings, headers.

The kernel copies each good record, its number in front, to an output in which nothing is left to interpret: line feeds
only, quotes only around whole fields. DuckDB then reads that copy, in parallel and without guessing. One authority
says what a record is, so a record cannot be lost between two readers, and its number needs no window function.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numba import config

from rr_pipeline.core.compiled import cache_folder, helper

Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int64]

# Places of the counters in `counts`; the kernel reads the first three and updates all.
NEXT_ROW, NEXT_LINE, WIDTH, CONSUMED, WRITTEN, ACCEPTED, ROW_SUM, FOUND = range(8)
LF_COUNT, CRLF_COUNT, CR_COUNT, _END_COUNT, BLANK_COUNT, LONGEST, FATAL, FATAL_LINE = range(8, 16)
COUNTERS = 16

# Columns of `found`, one line for each record that is not copied.
START, END, ROW, LINE, FIELDS, FLAGS = range(6)

# Flags of such a record; a record that is only _ODD is copied with quotes added.
RAGGED, CONTROL, STRAY_QUOTE, HEADER, _ODD = 1, 2, 4, 8, 16

# Values of counts[FATAL].
FINE, QUOTE_UNCLOSED, FIELD_TOO_LONG = 0, 1, 2

# Classes of bytes.
_PLAIN, _DELIMITER, _QUOTE, _LF, _CR, _CONTROL = range(6)

# How a record ends; _CUT: the rest of it is not in the buffer yet.
_CUT, _BY_LF, _BY_CRLF, _BY_CR, _BY_END = range(5)

ROW_DIGITS = 20
"""Most bytes that the record number and its delimiter take in the copy."""


def classify(delimiter: str, quote: str) -> Bytes:
    """Return the class of each byte value. Tab is plain unless it is the delimiter; DEL is a control character."""
    table = np.full(256, _PLAIN, np.uint8)
    table[:32] = _CONTROL
    table[127] = _CONTROL
    table[9] = _PLAIN
    table[10] = _LF
    table[13] = _CR
    if quote:
        table[ord(quote)] = _QUOTE
    table[ord(delimiter)] = _DELIMITER
    return table


def _compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile at the first call, without the interpreter lock; machine code is kept where the core keeps its own."""
    before = config.CACHE_DIR
    config.CACHE_DIR = str(cache_folder())
    try:
        return numba.njit(cache=True, nogil=True, error_model="numpy")(function)  # type: ignore[no-any-return]
    finally:
        config.CACHE_DIR = before


# A signed index costs a test for negative ones at each byte; half the time of the scan.
_at = np.uint64


@helper
def _write_number(out: Bytes, at: int, number: int) -> int:
    end = at + 1
    rest = number // 10
    while rest > 0:
        end += 1
        rest //= 10
    place = end
    while place > at:
        place -= 1
        out[place] = 48 + number % 10
        number //= 10
    return end


@helper
def _quoted_end(data: Bytes, place: int, size: int, at_end: bool, classes: Bytes) -> tuple[int, int, int, bool]:
    """Return (place after the closing quote, flags, line ends inside, whether it was closed)."""
    flags, lines = 0, 0
    place += 1
    while place < size:
        kind = classes[data[_at(place)]]
        if kind == _QUOTE:
            if place + 1 < size and classes[data[_at(place + 1)]] == _QUOTE:
                place += 1
            elif place + 1 < size or at_end:
                return place + 1, flags, lines, True
            else:
                return place, flags, lines, False
        elif kind == _LF or (kind == _CR and not (place + 1 < size and data[_at(place + 1)] == 10)):
            lines += 1
        elif kind == _CONTROL:
            flags |= CONTROL
        place += 1
    return place, flags, lines, False


@helper
def _plain_end(data: Bytes, place: int, size: int, classes: Bytes) -> tuple[int, int]:
    """Return (place of the delimiter or line end, flags)."""
    flags = 0
    while place < size:
        kind = classes[data[_at(place)]]
        if kind != _PLAIN:
            if kind == _QUOTE:
                flags |= _ODD
            elif kind == _CONTROL:
                flags |= CONTROL
            else:
                break
        place += 1
    return place, flags


@helper
def _copy(data: Bytes, start: int, end: int, out: Bytes, at: int) -> int:
    for index in range(end - start):
        out[_at(at + index)] = data[_at(start + index)]
    return at + end - start


@helper
def _copy_requoted(  # noqa: PLR0917 - a compiled function takes no keywords
    data: Bytes, start: int, end: int, classes: Bytes, quote: int, out: Bytes, at: int
) -> int:
    """Copy a record, putting quotes around unquoted fields that hold a quote; readers differ on those."""
    place = start
    while True:
        field = place
        if place < end and classes[data[place]] == _QUOTE:
            place = _quoted_end(data, place, end, True, classes)[0]
            at = _copy(data, field, place, out, at)
        else:
            place, flags = _plain_end(data, place, end, classes)
            if flags & _ODD:
                out[at] = quote
                at += 1
                for index in range(field, place):
                    if data[index] == quote:
                        out[at] = quote
                        at += 1
                    out[at] = data[index]
                    at += 1
                out[at] = quote
                at += 1
            else:
                at = _copy(data, field, place, out, at)
        if place >= end:
            return at
        out[at] = data[place]
        at += 1
        place += 1


@helper
def _record_end(  # noqa: PLR0917
    data: Bytes, start: int, size: int, at_end: bool, classes: Bytes, max_field: int
) -> tuple[int, int, int, int, int, int, int]:
    """Return (end, ending, fields, flags, line ends inside, fatal, line ends before what is fatal)."""
    place, fields, flags, lines, fatal = start, 1, 0, 0, FINE
    while True:  # one turn for each field
        field, lines_before = place, lines
        is_closed = True
        if place < size and classes[data[place]] == _QUOTE:
            place, new_flags, new_lines, is_closed = _quoted_end(data, place, size, at_end, classes)
            flags |= new_flags
            lines += new_lines
            if not is_closed and at_end:
                fatal = QUOTE_UNCLOSED
            elif is_closed and place < size and classes[data[place]] not in (_DELIMITER, _LF, _CR):
                # The quote that seems to close a field of several lines opens the next one: an earlier one is open.
                flags |= STRAY_QUOTE
                fatal = QUOTE_UNCLOSED if new_lines else FINE
        if is_closed:
            place, new_flags = _plain_end(data, place, size, classes)
            flags |= new_flags
        if fatal == FINE and place - field > max_field:
            fatal = FIELD_TOO_LONG
        if fatal != FINE or place >= size:
            ending = _BY_END if at_end else _CUT
            return place, ending, fields, flags, lines, fatal, lines_before
        if classes[data[place]] != _DELIMITER:
            break
        fields += 1
        place += 1
    if classes[data[place]] == _LF:
        ending = _BY_LF
    elif place + 1 < size:
        ending = _BY_CRLF if data[place + 1] == 10 else _BY_CR
    else:
        ending = _BY_CR if at_end else _CUT
    return place, ending, fields, flags, lines, FINE, 0


@helper
def _note(  # noqa: PLR0917
    found: Numbers, at: int, start: int, end: int, row: int, line: int, fields: int, flags: int
) -> None:
    found[at, START] = start
    found[at, END] = end
    found[at, ROW] = row
    found[at, LINE] = line
    found[at, FIELDS] = fields
    found[at, FLAGS] = flags


@_compiled
def scan(  # noqa: PLR0917
    data: Bytes,
    size: int,
    at_end: bool,
    classes: Bytes,
    delimiter: int,
    quote: int,
    max_field: int,
    max_records: int,
    out: Bytes,
    found: Numbers,
    counts: Numbers,
) -> None:
    """Take whole records from ``data[:size]``; ``counts[CONSUMED]`` says how far it came.

    ``counts[WIDTH]`` 0 asks for the header: the first record is put into ``found`` and the scan stops. ``out`` must
    hold 2 x size + (ROW_DIGITS + 2) x max_records bytes. Stops early when ``found`` is full or something is FATAL.
    """
    start, written, records, found_count, width = 0, 0, 0, 0, counts[WIDTH]
    while start < size and records < max_records and found_count < len(found):
        end, ending, fields, flags, lines, fatal, lines_before = _record_end(
            data, start, size, at_end, classes, max_field
        )
        if fatal != FINE:
            counts[FATAL] = fatal
            counts[FATAL_LINE] = counts[NEXT_LINE] + lines_before
        if fatal != FINE or ending == _CUT:
            break
        counts[LF_COUNT + ending - _BY_LF] += 1
        first, start = start, end + (2 if ending == _BY_CRLF else 0 if ending == _BY_END else 1)
        line = counts[NEXT_LINE]
        counts[NEXT_LINE] += lines + (0 if ending == _BY_END else 1)
        if end == first:
            counts[BLANK_COUNT] += 1
            continue
        records += 1
        counts[LONGEST] = max(counts[LONGEST], end - first)
        refusal = (flags & ~_ODD) | (HEADER if width == 0 else RAGGED if fields != width else 0)
        row = counts[NEXT_ROW]
        if refusal:
            _note(found, found_count, first, end, row, line, fields, refusal)
            found_count += 1
        else:
            written = _write_number(out, written, row)
            out[written] = delimiter
            written += 1
            if flags & _ODD:
                written = _copy_requoted(data, first, end, classes, quote, out, written)
            else:
                written = _copy(data, first, end, out, written)
            out[written] = 10
            written += 1
            counts[ACCEPTED] += 1
            counts[ROW_SUM] += row
        if width == 0:
            break
        counts[NEXT_ROW] += 1
    counts[CONSUMED], counts[WRITTEN], counts[FOUND] = start, written, found_count
