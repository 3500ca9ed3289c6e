"""One line of JSON to an object, and its values to text, with nothing of a number lost.

Belongs here: what is valid, and how each value is written in a cell. Does not belong here: files and columns
(json_lines.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_ESCAPES = re.compile(rb"\\(?:u00[01]|u007[fF]|u[dD][89a-fA-F]|[bf])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
BLANK = b" \t\r\n"


class _Number(str):
    """A number as it stands in the file."""

    __slots__ = ()


class BadLineError(ValueError):
    """A line that is no row. Its text names the reason, never a value."""

    def __init__(self, reason: str, code: str = "JSON_INVALID", row: dict[str, Any] | None = None) -> None:
        self.code = code
        self.row = row or {}
        super().__init__(reason)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLineError("names a key twice")
    return found


def _no_constant(_: str) -> Any:
    raise BadLineError("holds NaN or Infinity, which are no JSON")


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, object_pairs_hook=_object
)


def parse_line(line: bytes) -> dict[str, Any]:
    """Return the object on a line, its numbers as they are written. Raises BadLineError."""
    reason = ""
    row: Any = None
    try:
        row = _DECODER.decode(line.decode())
    except json.JSONDecodeError as error:
        reason = f"is broken at character {error.pos + 1}"
    except RecursionError:
        reason = "is nested too deep"
    if reason:
        raise BadLineError(reason)
    if not isinstance(row, dict):
        raise BadLineError("is no object in braces")
    if _ESCAPES.search(line):
        text = "".join(_texts(row))
        if _SURROGATE.search(text):
            raise BadLineError("holds half of a surrogate pair")
        if _CONTROL.search(text):
            raise BadLineError("holds a control character", "CONTROL_CHAR", row)
    return row


def as_text(value: Any) -> str | None:
    """Return the cell for a parsed JSON value."""
    if value is None or type(value) is str:
        return value
    if type(value) is _Number:
        return str(value)
    return _nested(value)


def _nested(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_nested(key)}:{_nested(entry)}" for key, entry in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_nested(entry) for entry in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _texts(value: Any) -> Iterator[str]:
    """Yield every text inside a parsed value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield key
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
