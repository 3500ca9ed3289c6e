"""JSON Lines: one object a line becomes one row of text cells.

Belongs here: parsing lines and turning values into text. Does not belong here: bytes (stream.py), loading (loader.py).

Numbers stay as they are written, so that 00-less ids of 20 digits, 1.10 and 1E5 come out unchanged; nested values are
compact JSON text (staging takes a list of plain values for its values); true and false are words; null is null. Most
lines are taken by the compiled pass of json_scan.py, some thirty times as fast; the reader here takes every other line,
and says what is wrong with it. Each batch has the columns known by then: what a later line names needs no second
reading of the earlier ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from rr_pipeline.config import Source
from rr_pipeline.config.project import FileLimits
from rr_pipeline.errors import Problem
from rr_pipeline.ingest import header, json_scan
from rr_pipeline.ingest.cells import BACKSLASH, ROW, Bytes, batch_of
from rr_pipeline.ingest.json_values import BLANK, BadLineError, as_text, parse_line
from rr_pipeline.ingest.parts import Parts
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.results import FileRefusedError

MAX_LINE_BYTES = 1 << 26
BATCH_ROWS = 20_000

_PLAIN_LINES = 1 << 15
_PLAIN_CELLS = 1 << 20


@dataclass
class JsonFound:
    """What a pass over a whole file found. ``row_count`` = ``loaded_count`` + rejects."""

    columns: tuple[str, ...] = ()
    row_count: int = 0
    loaded_count: int = 0
    loaded_row_sum: int = 0
    warnings: list[Problem] = field(default_factory=list)


class JsonScan:
    """One pass over one file. Not to be used twice."""

    def __init__(self, source: Source, name: str, limits: FileLimits, rejects: Rejects, parts: Parts) -> None:
        self._source = source
        self._name = name
        self._limits = limits
        self._rejects = rejects
        self._parts = parts
        self._columns: dict[str, str] = {}  # case-folded key: name as first seen
        self._renamed: dict[str, str] = {}  # key as written: name of its column
        self._shapes: set[tuple[str, ...]] = set()  # keys of records, in order, that were looked at
        self._batch_shapes: set[tuple[str, ...]] = set()
        self._numbers: list[int] = []
        self._rows: list[dict[str, Any]] = []
        self._result = JsonFound()
        self._counts = np.zeros(json_scan.COUNTERS, np.int64)
        self._counts[json_scan.NEXT_ROW] = self._counts[json_scan.NEXT_LINE] = 1
        self._data: Bytes = np.empty(0, np.uint8)
        self._make_room()

    def run(self, blocks: Iterator[bytes]) -> JsonFound:
        """Read all lines. Raises FileRefusedError: JSON_NOT_LINES, FIELD_TOO_LONG, TOO_MANY_COLUMNS, COLUMN_MISSING."""
        rest = b""
        for block in blocks:
            data = rest + block
            rest = data[self._scan(data, False) :]
            if len(rest) > MAX_LINE_BYTES:
                raise self._too_long(MAX_LINE_BYTES)
        self._scan(rest, True)
        self._flush()
        self._check_columns()
        self._result.columns = tuple(self._columns.values())
        self._result.row_count = self._row - 1
        return self._result

    @property
    def _row(self) -> int:
        """Number of the record at hand."""
        return int(self._counts[json_scan.NEXT_ROW])

    def _scan(self, data: bytes, at_end: bool) -> int:
        """Take whole lines: plain ones by the compiled pass, any other here. Return how many bytes were used up."""
        if not data:
            return 0
        self._data, counts = np.frombuffer(data, np.uint8), self._counts
        counts[json_scan.CONSUMED] = 0
        while counts[json_scan.CONSUMED] < len(data):
            self._take_plain(at_end)
            start = int(counts[json_scan.CONSUMED])
            end = data.find(b"\n", start)
            if start == len(data) or (end < 0 and not at_end):
                break
            end = end if end >= 0 else len(data)
            self._take_line(data[start:end])
            counts[json_scan.CONSUMED] = min(end + 1, len(data))
        self._flush_plain()
        return int(counts[json_scan.CONSUMED])

    def _take_plain(self, at_end: bool) -> None:
        keys, max_line = self._keys, self._limits.max_field_bytes
        json_scan.scan_lines(
            self._data, len(self._data), at_end, keys.text, keys.ends, keys.places, len(self._columns), max_line,
            self._spans, self._plain_rows, self._counts,
        )  # fmt: skip
        if self._counts[json_scan.TAKEN] == len(self._plain_rows):
            self._flush_plain()

    def _make_room(self) -> None:
        """Make ready for the plain lines of the keys known by now."""
        places = {name: place for place, name in enumerate(self._columns.values())}
        self._keys = json_scan.Keys((key, places[name]) for key, name in self._renamed.items())
        lines = max(1, min(_PLAIN_LINES, _PLAIN_CELLS // max(1, len(places))))
        self._spans = np.empty(2 * lines * len(places), np.int32)
        self._plain_rows = np.empty(lines, np.int64)

    def _flush_plain(self) -> None:
        rows = self._plain_rows[: self._counts[json_scan.TAKEN]].copy()
        if len(rows):
            self._parts.add(batch_of(self._data, self._spans, rows, tuple(self._columns.values()), BACKSLASH))
            self._result.loaded_count += len(rows)
            self._result.loaded_row_sum += int(rows.sum())
        self._counts[json_scan.TAKEN] = 0

    def _take_line(self, line: bytes) -> None:
        """Take a line that may be anything."""
        if line.strip(BLANK):
            known = len(self._renamed)
            try:
                self._take(line)
            except BadLineError as error:
                self._refuse(line, error)
            if len(self._renamed) != known:
                self._make_room()
            if len(self._rows) >= BATCH_ROWS:
                self._flush()
            self._counts[json_scan.NEXT_ROW] += 1
        self._counts[json_scan.NEXT_LINE] += 1

    def _take(self, line: bytes) -> None:
        row = parse_line(line)
        shape = tuple(row)
        if shape not in self._shapes:
            self._take_shape(shape)
        if len(line) > self._limits.max_field_bytes:
            for cell in row.values():
                if len((as_text(cell) or "").encode()) > self._limits.max_field_bytes:
                    raise self._too_long(self._limits.max_field_bytes)
        self._rows.append(row)
        self._numbers.append(self._row)
        self._batch_shapes.add(shape)
        self._result.loaded_count += 1
        self._result.loaded_row_sum += self._row

    def _take_shape(self, keys: tuple[str, ...]) -> None:
        if any(key not in self._renamed for key in keys):
            self._flush_plain()  # of the columns there were
        for key in keys:
            if key not in self._renamed:
                self._name_column(key)
        if len({self._renamed[key] for key in keys}) != len(keys):
            raise BadLineError("names a key twice, in different case")
        self._shapes.add(keys)

    def _name_column(self, key: str) -> None:
        name = header.kept_name(key)
        folded = name.casefold()
        if not key.strip() or not key.isprintable():
            raise BadLineError("has a key that cannot name a column")
        if folded not in self._columns:
            self._result.warnings.extend(header.renamed(self._name, [key]))
        self._columns.setdefault(folded, name)
        self._renamed[key] = self._columns[folded]
        header.check_width(tuple(self._columns), self._limits.max_columns)

    def _refuse(self, line: bytes, error: BadLineError) -> None:
        if self._row == 1 and line.lstrip()[:1] == b"[":
            message = "is one JSON array, not one object a line. Deliver JSON Lines (`jq -c '.[]'` makes them)."
            raise FileRefusedError("JSON_NOT_LINES", message)
        detail = f"on line {self._counts[json_scan.NEXT_LINE]} {error}"
        place = header.key_place(self._source, [*error.row])
        key = as_text([*error.row.values()][place]) if place is not None else None
        item_id = key if key and key.isprintable() else None
        self._rejects.add(self._row, error.code, line.rstrip(b"\r"), detail, item_id=item_id)

    def _too_long(self, limit: int) -> FileRefusedError:
        line = self._counts[json_scan.NEXT_LINE]
        message = f"a value on line {line} is longer than {limit} bytes (limits.max_field_bytes)."
        return FileRefusedError("FIELD_TOO_LONG", message, row=self._row)

    def _flush(self) -> None:
        if not self._rows:
            return
        names, columns = [ROW], [pa.array(self._numbers, pa.int64())]
        for name, cells in self._cells():
            is_text = set(map(type, cells)) <= {str, type(None)}
            names.append(name)
            columns.append(pa.array(cells if is_text else [as_text(cell) for cell in cells], pa.string()))
        self._parts.add(pa.RecordBatch.from_arrays(columns, names=names))
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
            raise header.columns_missing(self._source, wrong, ())
        if missing:
            message = f"no record has {', '.join(missing[:10])}; read as empty."
            self._result.warnings.append(Problem(self._name, None, missing[0], "COLUMN_MISSING", message))
