"""The one tokenizer of CSV: a compiled pass over bytes that decides where records and fields begin and end.

Belongs here: the kernel and the meaning of its numbers. Does not belong here: files, encodings, headers.

The kernel notes where each cell of each good record lies, and cells.py makes columns of that. No second reader has to
agree on what a record is, so none can be lost between two, and its number needs no window function.
"""

from __future__ import annotations

import numpy as np

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.ingest.cells import ABSENT, Bytes, Numbers, Spans, at, compiled

# Places of the counters in `counts`; the kernel reads the first three and updates all.
NEXT_ROW, NEXT_LINE, WIDTH, CONSUMED, TAKEN, ACCEPTED, ROW_SUM, FOUND = range(8)
LF_COUNT, CRLF_COUNT, CR_COUNT, _END_COUNT, BLANK_COUNT, FATAL, FATAL_LINE = range(8, 15)
COUNTERS = 15

# Columns of `found`, one line for each record that is not taken.
START, END, ROW, LINE, FIELDS, FLAGS = range(6)

# Flags of such a record; _DOUBLED is one of a field only.
RAGGED, CONTROL, STRAY_QUOTE, HEADER, _DOUBLED = 1, 2, 4, 8, 16

# Values of counts[FATAL].
FINE, QUOTE_UNCLOSED, FIELD_TOO_LONG = 0, 1, 2

# Classes of bytes.
_PLAIN, _DELIMITER, _QUOTE, _LF, _CR, _CONTROL = range(6)

# How a record ends; _CUT: the rest of it is not in the buffer yet.
_CUT, _BY_LF, _BY_CRLF, _BY_CR, _BY_END = range(5)


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


@helper
def _quoted_end(data: Bytes, place: int, size: int, at_end: bool, classes: Bytes) -> tuple[int, int, int, bool]:
    """Return (place after the closing quote, flags, line ends inside, whether it was closed)."""
    flags, lines = 0, 0
    place += 1
    while place < size:
        kind = classes[data[at(place)]]
        if kind == _QUOTE:
            if place + 1 < size and classes[data[at(place + 1)]] == _QUOTE:
                place += 1
                flags |= _DOUBLED
            elif place + 1 < size or at_end:
                return place + 1, flags, lines, True
            else:
                return place, flags, lines, False
        elif kind == _LF or (kind == _CR and not (place + 1 < size and data[at(place + 1)] == 10)):
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
        kind = classes[data[at(place)]]
        if kind not in (_PLAIN, _QUOTE):
            if kind != _CONTROL:
                break
            flags |= CONTROL
        place += 1
    return place, flags


@helper
def _field_end(data: Bytes, place: int, size: int, at_end: bool, classes: Bytes) -> tuple[int, int, int, int, int, int]:
    """Return (place of the delimiter or line end, the two numbers of the span, flags, line ends inside, fatal)."""
    if place >= size or classes[data[at(place)]] != _QUOTE:
        end, flags = _plain_end(data, place, size, classes)
        return end, place, end if end > place else ABSENT, flags, 0, FINE
    closed, flags, lines, is_closed = _quoted_end(data, place, size, at_end, classes)
    start = ~(place + 1) if flags & _DOUBLED else place + 1
    flags &= ~_DOUBLED
    if not is_closed:
        return closed, start, ABSENT, flags, lines, QUOTE_UNCLOSED if at_end else FINE
    end, more_flags = _plain_end(data, closed, size, classes)
    if end == closed:
        return end, start, closed - 1, flags, lines, FINE
    # The quote that seems to close a field of several lines opens the next one: an earlier one is open.
    return end, start, ABSENT, flags | more_flags | STRAY_QUOTE, lines, QUOTE_UNCLOSED if lines else FINE


@helper
def _record_end(  # noqa: PLR0917 - a compiled function takes no keywords
    data: Bytes, start: int, size: int, at_end: bool, classes: Bytes, max_field: int, spans: Spans, to: int, width: int
) -> tuple[int, int, int, int, int, int, int]:
    """Return (end, ending, fields, flags, line ends inside, fatal, line ends before what is fatal).

    Notes the spans of the first ``width`` fields in ``spans[to:]``: an unquoted empty field is no value.
    """
    place, fields, flags, lines = start, 1, 0, 0
    while True:  # one turn for each field
        field, lines_before = place, lines
        place, first, last, new_flags, new_lines, fatal = _field_end(data, place, size, at_end, classes)
        flags |= new_flags
        lines += new_lines
        if fields <= width:
            spans[at(to)], spans[at(to + 1)] = first, last
            to += 2
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


@compiled
def scan(  # noqa: PLR0917
    data: Bytes,
    size: int,
    at_end: bool,
    classes: Bytes,
    max_field: int,
    spans: Spans,
    rows: Numbers,
    found: Numbers,
    counts: Numbers,
) -> None:
    """Take whole records from ``data[:size]``; ``counts[CONSUMED]`` says how far it came, ``counts[TAKEN]`` how many.

    ``counts[WIDTH]`` 0 asks for the header: the first record is put into ``found`` and the scan stops. ``spans`` gets
    the cells of the records taken and ``rows`` their numbers; it must hold 2 x (size + width) numbers. Stops early when
    ``rows`` or ``found`` is full or something is FATAL.
    """
    start, taken, found_count, width = 0, 0, 0, counts[WIDTH]
    while start < size and taken < len(rows) and found_count < len(found):
        end, ending, fields, flags, lines, fatal, lines_before = _record_end(
            data, start, size, at_end, classes, max_field, spans, 2 * taken * width, width
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
        refusal = flags | (HEADER if width == 0 else RAGGED if fields != width else 0)
        row = counts[NEXT_ROW]
        if refusal:
            _note(found, found_count, first, end, row, line, fields, refusal)
            found_count += 1
        else:
            rows[taken] = row
            taken += 1
            counts[ROW_SUM] += row
        if width == 0:
            break
        counts[NEXT_ROW] += 1
    counts[CONSUMED], counts[TAKEN], counts[FOUND] = start, taken, found_count
    counts[ACCEPTED] += taken
