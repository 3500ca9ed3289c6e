"""JSON Lines: one object a line becomes one row of text cells.

Belongs here: parsing lines and turning values into text. Does not belong here: bytes (stream.py), loading.

Numbers stay as they are written, so that 00-less ids of 20 digits, 1.10 and 1E5 come out unchanged; nested values are
compact JSON text; true and false are words; null is null. Batches go to disk as Arrow files with their own columns:
what a later line names needs no second reading of the earlier ones.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from rr_pipeline.config import Source
from rr_pipeline.config.project import FileLimits
from rr_pipeline.errors import Problem
from rr_pipeline.ingest import header, raw_tables
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.report import FileRefusedError

MAX_LINE_BYTES = 1 << 26
BATCH_ROWS = 20_000

_ESCAPES = re.compile(rb"\\(?:u00[01]|u007[fF]|u[dD][89a-fA-F]|[bf])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BLANK = b" \t\r\n"


class _Number(str):
    """A number as it stands in the file."""

    __slots__ = ()


class _BadLineError(ValueError):
    """A line that is no row. Its text names the reason, never a value."""

    def __init__(self, reason: str, code: str = "JSON_INVALID", row: dict[str, Any] | None = None) -> None:
        self.code = code
        self.row = row or {}
        super().__init__(reason)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _BadLineError("names a key twice")
    return found


def _no_constant(_: str) -> Any:
    raise _BadLineError("holds NaN or Infinity, which are no JSON")


_DECODER = json.JSONDecoder(
    parse_int=_Number, parse_float=_Number, parse_constant=_no_constant, object_pairs_hook=_object
)


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


@dataclass
class JsonCopy:
    """What a pass over a whole file found. ``row_count`` = ``loaded_count`` + rejects."""

    columns: tuple[str, ...] = ()
    row_count: int = 0
    loaded_count: int = 0
    loaded_row_sum: int = 0
    parts: list[Path] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)


class JsonScan:
    """One pass over one file. Not to be used twice."""

    def __init__(self, source: Source, name: str, limits: FileLimits, rejects: Rejects, folder: Path) -> None:
        self._source = source
        self._name = name
        self._limits = limits
        self._rejects = rejects
        self._folder = folder
        self._line = 0
        self._columns: dict[str, str] = {}  # case-folded key: name as first seen
        self._renamed: dict[str, str] = {}  # key as written: name of its column
        self._shapes: set[tuple[str, ...]] = set()  # keys of records, in order, that were looked at
        self._batch_shapes: set[tuple[str, ...]] = set()
        self._numbers: list[int] = []
        self._rows: list[dict[str, Any]] = []
        self._result = JsonCopy()

    def run(self, blocks: Iterator[bytes]) -> JsonCopy:
        """Read all lines. Raises FileRefusedError: JSON_NOT_LINES, FIELD_TOO_LONG, TOO_MANY_COLUMNS, COLUMN_MISSING."""
        for line in self._lines(blocks):
            self._line += 1
            if not line.strip(_BLANK):
                continue
            self._result.row_count += 1
            try:
                self._take(line)
            except _BadLineError as error:
                self._refuse(line, error)
            if len(self._rows) >= BATCH_ROWS:
                self._flush()
        self._flush()
        self._check_columns()
        self._result.columns = tuple(self._columns.values())
        return self._result

    def _lines(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        rest: list[bytes] = []
        length = 0
        for block in blocks:
            first, *others = block.split(b"\n")
            rest.append(first)
            length += len(first)
            if length > MAX_LINE_BYTES:
                raise self._too_long(MAX_LINE_BYTES)
            if others:
                yield b"".join(rest)
                yield from others[:-1]
                rest, length = [others[-1]], len(others[-1])
        if length:
            yield b"".join(rest)

    def _take(self, line: bytes) -> None:
        row = self._parse(line)
        shape = tuple(row)
        if shape not in self._shapes:
            self._take_shape(shape)
        if len(line) > self._limits.max_field_bytes:
            for cell in row.values():
                if len((as_text(cell) or "").encode()) > self._limits.max_field_bytes:
                    raise self._too_long(self._limits.max_field_bytes)
        self._rows.append(row)
        self._numbers.append(self._result.row_count)
        self._batch_shapes.add(shape)
        self._result.loaded_count += 1
        self._result.loaded_row_sum += self._result.row_count

    def _parse(self, line: bytes) -> dict[str, Any]:
        reason = ""
        row: Any = None
        try:
            row = _DECODER.decode(line.decode())
        except json.JSONDecodeError as error:
            reason = f"is broken at character {error.pos + 1}"
        except RecursionError:
            reason = "is nested too deep"
        if reason:
            raise _BadLineError(reason)
        if not isinstance(row, dict):
            raise _BadLineError("is no object in braces")
        if _ESCAPES.search(line):
            text = "".join(_texts(row))
            if _SURROGATE.search(text):
                raise _BadLineError("holds half of a surrogate pair")
            if _CONTROL.search(text):
                raise _BadLineError("holds a control character", "CONTROL_CHAR", row)
        return row

    def _take_shape(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            if key not in self._renamed:
                self._name_column(key)
        if len({self._renamed[key] for key in keys}) != len(keys):
            raise _BadLineError("names a key twice, in different case")
        self._shapes.add(keys)

    def _name_column(self, key: str) -> None:
        folded = key.casefold()
        if not key.strip() or folded in header.RESERVED or not key.isprintable():
            raise _BadLineError("has a key that cannot name a column")
        self._columns.setdefault(folded, key)
        self._renamed[key] = self._columns[folded]
        header.check_width(tuple(self._columns), self._limits.max_columns)

    def _refuse(self, line: bytes, error: _BadLineError) -> None:
        if self._result.row_count == 1 and line.lstrip()[:1] == b"[":
            message = "is one JSON array, not one object a line. Deliver JSON Lines (`jq -c '.[]'` makes them)."
            raise FileRefusedError("JSON_NOT_LINES", message)
        detail = f"on line {self._line} {error}"
        place = header.key_place(self._source, [*error.row])
        key = as_text([*error.row.values()][place]) if place is not None else None
        item_id = key if key and key.isprintable() else None
        self._rejects.add(self._result.row_count, error.code, line.rstrip(b"\r"), detail, item_id=item_id)

    def _too_long(self, limit: int) -> FileRefusedError:
        message = f"a value on line {max(1, self._line)} is longer than {limit} bytes (limits.max_field_bytes)."
        return FileRefusedError("FIELD_TOO_LONG", message, row=self._result.row_count or None)

    def _flush(self) -> None:
        if not self._rows:
            return
        series = [pl.Series("_row", self._numbers, pl.Int64)]
        for name, cells in self._cells():
            is_text = set(map(type, cells)) <= {str, type(None)}
            series.append(pl.Series(name, cells if is_text else [as_text(cell) for cell in cells], pl.String))
        path = self._folder / f"part{len(self._result.parts)}.arrow"
        pl.DataFrame(series).write_ipc(path)
        self._result.parts.append(path)
        self._numbers, self._rows = [], []
        self._batch_shapes = set()

    def _cells(self) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yield (column, its cells) of the batch, null where a record does not name it."""
        if len(self._batch_shapes) == 1:  # the usual case, and four times as fast
            (shape,) = self._batch_shapes
            columns = zip(*(row.values() for row in self._rows), strict=True)
            yield from zip((self._renamed[key] for key in shape), columns, strict=True)
            return
        keys_of: dict[str, list[str]] = {}
        for key in dict.fromkeys(key for shape in sorted(self._batch_shapes) for key in shape):
            keys_of.setdefault(self._renamed[key], []).append(key)
        for name, keys in keys_of.items():
            cells = [row.get(keys[0]) for row in self._rows]
            for key in keys[1:]:
                cells = [row.get(key, cell) for row, cell in zip(self._rows, cells, strict=True)]
            yield name, cells

    def _check_columns(self) -> None:
        """Keys may be left out of records, so only a file in which no record has an id is surely wrong."""
        if not self._result.loaded_count:
            return
        missing = header.missing_columns(self._source, self._columns.values())
        needed = header.required_columns(self._source)
        wrong = [name for name in missing if name in needed]
        if wrong:
            raise header.columns_missing(wrong, tuple(self._columns.values()))
        if missing:
            message = f"no record has {', '.join(missing[:10])}; read as empty."
            self._result.warnings.append(Problem(self._name, None, missing[0], "COLUMN_MISSING", message))


def load_parts(con: duckdb.DuckDBPyConnection, source: Source, file_id: int, parts: Sequence[Path]) -> None:
    """Insert the batches of one file into its raw table."""
    for path in parts:
        with path.open("rb") as part:  # by its path it would be taken for a pattern
            frame = pl.read_ipc(part)
        columns = raw_tables.targets(con, source.name, frame.columns[1:])
        con.register("json_part", frame)
        sql = f"insert into {raw_tables.raw_table(source.name)} ({columns}) select {file_id}, * from json_part"
        try:
            raw_tables.run_sql(con, sql, what=f"source {source.name}, file {file_id}: rows from JSON")
        finally:
            con.unregister("json_part")
