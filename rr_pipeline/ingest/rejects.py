"""Rows that cannot be read: collected while a file is read, written to ops.quarantine with it.

Belongs here: the shape of a refused row. Does not belong here: why rows are refused. A refused row's text is never
kept: its length and keyed hash stand for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from rr_pipeline.errors import Problem
from rr_pipeline.personal import keyed_hash

SUITE = "reader"

MEANING: Mapping[str, str] = {
    "RAGGED_ROW": "has more or fewer fields than the header; quote fields that hold the delimiter, end no file early",
    "QUOTE_INVALID": "has text after a closing quote; double the quotes inside quoted fields",
    "CONTROL_CHAR": "holds a control character; remove it at the origin",
    "JSON_INVALID": "is not one JSON object; write one object a line",
}
"""Codes of rows that the readers refuse, and what to do about them."""

_SCHEMA = {
    "row_number": pl.Int64,
    "item_id": pl.String,
    "rule": pl.String,
    "code": pl.String,
    "field": pl.String,
    "value_length": pl.Int64,
    "value_hash": pl.String,
    "message": pl.String,
}
_Row = tuple[int, str | None, str, str, str | None, int, str, str]


@dataclass
class Rejects:
    """The refused rows of one file, in row order. Grain: physical record."""

    hash_key: str
    count: int = 0
    row_sum: int = 0
    _first: dict[str, tuple[int, int]] = field(default_factory=dict)
    _rows: list[_Row] = field(default_factory=list)
    _frames: list[pl.DataFrame] = field(default_factory=list)

    def add(
        self, row: int, code: str, value: bytes, detail: str, *, item_id: str | None = None, column: str | None = None
    ) -> None:
        """Refuse one record: ``value`` are its bytes, ``detail`` says where and what, without quoting it."""
        self.count += 1
        self.row_sum += row
        first, count = self._first.get(code, (row, 0))
        self._first[code] = (first, count + 1)
        message = f"the record {detail}."
        digest = keyed_hash(self.hash_key, value)
        self._rows.append((row, item_id, code.lower(), code, column, len(value), digest, message))
        if len(self._rows) >= 50_000:
            self._flush()

    def frames(self) -> Iterator[pl.DataFrame]:
        """Yield the refused rows as frames with the columns of ops.quarantine that are the reader's to fill."""
        self._flush()
        yield from self._frames

    def problems(self, file_name: str) -> tuple[Problem, ...]:
        """Return one summary a code, pointing at the first row."""
        return tuple(
            Problem(file_name, row, None, code, f"{count} record(s), this one first: {MEANING[code]}.")
            for code, (row, count) in sorted(self._first.items())
        )

    def _flush(self) -> None:
        if self._rows:
            self._frames.append(pl.DataFrame(self._rows, schema=_SCHEMA, orient="row"))
            self._rows = []
