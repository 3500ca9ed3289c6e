"""The plain lines of JSON Lines: a compiled pass over bytes that takes those which need no judgement.

Belongs here: the kernel and the meaning of its numbers. Does not belong here: what to do with any other line; the one
reader for those, and for whether a line is wrong, is json_lines.py.

A line is plain when it is one strict JSON object of keys known already, none of them twice, whose values are texts,
numbers, true, false or null, and no text holds a control character, however written, or a surrogate. Such a line means
the same to the careful reader: cells are the bytes as they stand, numbers included. Where a line is not plain the pass
stops in front of it.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.ingest.cells import ABSENT, HEX_VALUES, Bytes, Numbers, Spans, at, compiled

# Places of the counters in `counts`; the kernel reads and updates all.
CONSUMED, TAKEN, NEXT_ROW, NEXT_LINE = range(4)
COUNTERS = 4

_NOT_PLAIN = -1
_UNNAMED = -2
"""End of the span of a column that the line has not named, or not yet."""

_QUOTE, _COMMA, _MINUS, _DOT, _ZERO, _COLON, _OPEN, _CLOSE, _LF = (ord(letter) for letter in '",-.0:{}\n')
_SMALL_U, _BACKSLASH, _DEL = ord("u"), ord("\\"), 127

_KINDS = np.zeros(256, np.uint8)
"""Of each byte: what it may be part of."""
_BLANK, _DIGIT, _HEX, _ESCAPED = 1, 2, 4, 8
for _letters, _kind in (
    (b" \t\r", _BLANK),
    (b"0123456789", _DIGIT),
    (b"0123456789abcdefABCDEF", _HEX),
    (b'"\\/nrt', 8),
):
    _KINDS[np.frombuffer(_letters, np.uint8)] |= _kind
_WORDS = np.frombuffer(b"truefalsenull", np.uint8)


class Keys:
    """The keys met so far, for the kernel: their bytes in a row, where each ends, and the column of each."""

    def __init__(self, columns: Iterable[tuple[str, int]] = ()) -> None:
        # A key that has to be written with escapes is never found by its bytes.
        plain = [(key.encode(), place) for key, place in columns if not set(key) & {'"', "\\"}]
        self.text: Bytes = np.frombuffer(b"".join(key for key, _ in plain) or b"\n", np.uint8)
        self.ends: Numbers = np.cumsum([len(key) for key, _ in plain], dtype=np.int64)
        self.places: Numbers = np.array([place for _, place in plain], np.int64)


@helper
def _skip_blank(data: Bytes, place: int, size: int) -> int:
    while place < size and _KINDS[data[at(place)]] & _BLANK:
        place += 1
    return place


@helper
def _escape_end(data: Bytes, place: int, size: int) -> int:
    """Return the place behind an escape that begins here, or _NOT_PLAIN: it is broken, a control or a surrogate."""
    if place + 1 < size and _KINDS[data[place + 1]] & _ESCAPED:
        return place + 2
    if place + 5 >= size or data[place + 1] != _SMALL_U:
        return _NOT_PLAIN
    code = 0
    for step in range(2, 6):
        if not _KINDS[data[place + step]] & _HEX:
            return _NOT_PLAIN
        code = code << 4 | HEX_VALUES[data[place + step]]
    return _NOT_PLAIN if code < 32 or code == _DEL or 0xD800 <= code < 0xE000 else place + 6


@helper
def _text_end(data: Bytes, place: int, size: int) -> tuple[int, bool]:
    """Return (place of the closing quote or _NOT_PLAIN, whether there are escapes) of a text whose quote is open."""
    has_escapes = False
    while place != _NOT_PLAIN and place < size:
        letter = data[at(place)]
        if letter == _QUOTE:
            return place, has_escapes
        if letter < 32 or letter == _DEL:
            break
        if letter == _BACKSLASH:
            has_escapes = True
            place = _escape_end(data, place, size)
        else:
            place += 1
    return _NOT_PLAIN, False


@helper
def _digits_end(data: Bytes, place: int, size: int) -> int:
    """Return the place behind one or more digits, or _NOT_PLAIN."""
    first = place
    while place < size and _KINDS[data[at(place)]] & _DIGIT:
        place += 1
    return place if place > first else _NOT_PLAIN


@helper
def _number_end(data: Bytes, place: int, size: int) -> int:
    """Return the place behind a number as JSON writes it, or _NOT_PLAIN."""
    if data[place] == _MINUS:
        place += 1
    first = place
    place = _digits_end(data, place, size)
    if place == _NOT_PLAIN or (data[first] == _ZERO and place > first + 1):
        return _NOT_PLAIN
    if place < size and data[place] == _DOT:
        place = _digits_end(data, place + 1, size)
    if place != _NOT_PLAIN and place < size and data[place] | 32 == 101:  # e
        place += 1
        if place < size and (data[place] == 43 or data[place] == _MINUS):
            place += 1
        place = _digits_end(data, place, size)
    return place


@helper
def _word_end(data: Bytes, place: int, size: int, first: int, last: int) -> int:
    """Return the place behind the word ``_WORDS[first:last]``, or _NOT_PLAIN."""
    if place + last - first > size:
        return _NOT_PLAIN
    for index in range(last - first):
        if data[place + index] != _WORDS[first + index]:
            return _NOT_PLAIN
    return place + last - first


@helper
def _find_key(  # noqa: PLR0917
    data: Bytes, place: int, size: int, text: Bytes, ends: Numbers, likely: int
) -> int:
    """Return the number of the key whose bytes and closing quote stand here, trying the likely one first, or -1."""
    for turn in range(len(ends)):
        key = likely + turn
        if key >= len(ends):
            key -= len(ends)
        first = ends[key - 1] if key else 0
        length = ends[key] - first
        if place + length >= size or data[place + length] != _QUOTE:
            continue
        index = 0
        while index < length and data[at(place + index)] == text[at(first + index)]:
            index += 1
        if index == length:
            return key
    return -1


@helper
def _note_value(data: Bytes, place: int, size: int, spans: Spans, to: int) -> int:
    """Note the span of a plain value; return the place behind it, or _NOT_PLAIN."""
    letter = data[place] if place < size else _LF
    first, end = place, ABSENT
    if letter == _QUOTE:
        end, has_escapes = _text_end(data, place + 1, size)
        if end == _NOT_PLAIN:
            return _NOT_PLAIN
        first = ~(place + 1) if has_escapes else place + 1
        place = end + 1
    elif letter == _MINUS or _KINDS[letter] & _DIGIT:
        place = end = _number_end(data, place, size)
    elif letter == 116:  # t
        place = end = _word_end(data, place, size, 0, 4)
    elif letter == 102:  # f
        place = end = _word_end(data, place, size, 4, 9)
    elif letter == 110:  # n
        place = _word_end(data, place, size, 9, 13)
    else:
        place = _NOT_PLAIN
    spans[at(to)], spans[at(to + 1)] = first, end
    return place


@helper
def _object_end(  # noqa: PLR0917
    data: Bytes, place: int, size: int, text: Bytes, ends: Numbers, places: Numbers, spans: Spans, to: int
) -> int:
    """Note the values of a plain object that begins here; return the place behind it, or _NOT_PLAIN."""
    likely = 0
    while place < size and (data[place] == _COMMA or likely == 0):
        place = _skip_blank(data, place + 1, size)
        if place >= size or data[place] != _QUOTE:
            return _NOT_PLAIN
        key = _find_key(data, place + 1, size, text, ends, likely)
        if key < 0 or spans[to + 2 * places[key] + 1] != _UNNAMED:
            return _NOT_PLAIN
        place = _skip_blank(data, place + 2 + ends[key] - (ends[key - 1] if key else 0), size)
        if place >= size or data[place] != _COLON:
            return _NOT_PLAIN
        place = _skip_blank(data, place + 1, size)
        place = _note_value(data, place, size, spans, to + 2 * places[key])
        if place == _NOT_PLAIN:
            return _NOT_PLAIN
        place = _skip_blank(data, place, size)
        likely = key + 1
    return place + 1 if place < size and data[place] == _CLOSE else _NOT_PLAIN


@compiled
def scan_lines(  # noqa: PLR0917
    data: Bytes,
    size: int,
    at_end: bool,
    text: Bytes,
    ends: Numbers,
    places: Numbers,
    width: int,
    max_line: int,
    spans: Spans,
    rows: Numbers,
    counts: Numbers,
) -> None:
    """Take plain lines from ``data[counts[CONSUMED]:size]`` up to the first that is not plain, or not whole.

    ``spans`` and ``rows`` get the cells and numbers of the lines taken, behind the ``counts[TAKEN]`` that are there;
    the pass stops also when ``rows`` is full. ``spans`` holds 2 x ``width`` numbers a row. Blank lines have no number.
    """
    place, taken = counts[CONSUMED], counts[TAKEN]
    while place < size and taken < len(rows):
        start = place
        place = _skip_blank(data, place, size)
        is_blank = place >= size or data[place] == _LF
        if not is_blank:
            to = 2 * taken * width
            for column in range(width):
                spans[to + 2 * column + 1] = _UNNAMED
            if data[place] == _OPEN:
                place = _object_end(data, place, size, text, ends, places, spans, to)
            else:
                place = _NOT_PLAIN
            if place == _NOT_PLAIN or place - start > max_line:
                break
            place = _skip_blank(data, place, size)
        if (place >= size and not at_end) or (place < size and data[place] != _LF):
            break
        place = min(place + 1, size)
        if not is_blank:
            rows[taken] = counts[NEXT_ROW]
            taken += 1
            counts[NEXT_ROW] += 1
        counts[NEXT_LINE] += 1
        counts[CONSUMED], counts[TAKEN] = place, taken
