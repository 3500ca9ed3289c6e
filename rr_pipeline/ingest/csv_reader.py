"""CSV: from the bytes as text to batches of columns.

Belongs here: driving the scan over a file, the file's own refusals, the rows it refuses. Does not belong here: the
tokenizer (scan.py), bytes (stream.py), names (header.py), loading (loader.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from rr_pipeline.config import Source
from rr_pipeline.config.project import FileLimits
from rr_pipeline.errors import Problem
from rr_pipeline.ingest import header, scan
from rr_pipeline.ingest.cells import Bytes, batch_of
from rr_pipeline.ingest.parts import Parts
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.results import FileRefusedError

MAX_RECORD_BYTES = 1 << 26
"""Longest single record; beyond it a file is refused, because a record has to fit into memory several times."""

_RECORDS_A_CALL = 1 << 15
_FOUND_A_CALL = 1 << 12
_HEADER_LINES = 50


@dataclass
class CsvFound:
    """What a scan of a whole file found. ``row_count`` = ``loaded_count`` + rejects; row numbers start at 1."""

    columns: tuple[str, ...] = ()
    row_count: int = 0
    loaded_count: int = 0
    loaded_row_sum: int = 0
    warnings: list[Problem] = field(default_factory=list)


class CsvScan:
    """One pass over one file. Not to be used twice."""

    def __init__(self, source: Source, name: str, limits: FileLimits, rejects: Rejects, parts: Parts) -> None:
        self._source = source
        self._name = name
        self._limits = limits
        self._rejects = rejects
        self._parts = parts
        options = source.options
        self._classes = scan.classify(options.delimiter, options.quote)
        self._quote = ord(options.quote) if options.quote else 0
        self._counts = np.zeros(scan.COUNTERS, np.int64)
        self._counts[scan.NEXT_LINE] = 1
        self._found = np.zeros((_FOUND_A_CALL, 6), np.int64)
        self._rows = np.empty(_RECORDS_A_CALL, np.int64)
        self._spans = np.empty(0, np.int32)
        self._key_place: int | None = None
        self._warnings: list[Problem] = []
        self.columns: tuple[str, ...] = ()

    def run(self, blocks: Iterator[bytes]) -> CsvFound:
        """Scan all blocks, leaving good records in the parts.

        Raises FileRefusedError: QUOTE_UNCLOSED, FIELD_TOO_LONG and all of header.py.
        """
        rest = b""
        for block in blocks:
            data = rest + block
            done = self._scan(data, False)
            rest = data[done:]
            if len(rest) > MAX_RECORD_BYTES:
                self._refuse_length(int(self._counts[scan.NEXT_LINE]), MAX_RECORD_BYTES, "record")
        self._scan(rest, True)
        return self._result()

    def _scan(self, data: bytes, at_end: bool) -> int:
        """Scan whole records; return how many bytes were used up."""
        array = np.frombuffer(data, np.uint8) if data else np.empty(0, np.uint8)
        place = 0
        while place < len(data):  # never entered with an empty array
            self._call(array[place:], at_end)
            self._take_found(memoryview(data)[place:])
            self._check_fatal()
            used = int(self._counts[scan.CONSUMED])
            place += used
            if not used:
                break
        return place

    def _call(self, array: Bytes, at_end: bool) -> None:
        needed = 2 * (len(array) + int(self._counts[scan.WIDTH]))
        if len(self._spans) < needed:
            self._spans = np.empty(needed, np.int32)
        scan.scan(
            array,
            len(array),
            at_end,
            self._classes,
            self._limits.max_field_bytes,
            self._spans,
            self._rows,
            self._found,
            self._counts,
        )
        rows = self._rows[: self._counts[scan.TAKEN]].copy()
        if len(rows):
            self._parts.add(batch_of(array, self._spans, rows, self.columns, self._quote))

    def _take_found(self, data: memoryview) -> None:
        for start, end, row, line, fields, flags in self._found[: self._counts[scan.FOUND]].tolist():
            value = bytes(data[start:end])
            if flags & scan.HEADER:
                self._take_header(value, bytes(data[start : start + 65536]), flags, line)
            elif flags & scan.CONTROL:
                detail = f"on line {line} holds a control character; remove it at the origin"
                self._rejects.add(row, "CONTROL_CHAR", value, detail, item_id=self._key_of(value, fields))
            elif flags & scan.STRAY_QUOTE:
                detail = f"on line {line} has text after a closing quote; double the quotes inside quoted fields"
                self._rejects.add(row, "QUOTE_INVALID", value, detail)
            else:
                self._rejects.add(row, "RAGGED_ROW", value, self._ragged(line, fields))

    def _key_of(self, value: bytes, fields: int) -> str | None:
        """The record's id where it can be trusted: all fields are there and the id itself is clean."""
        if self._key_place is None or fields != len(self.columns):
            return None
        cells = header.split_record(value.decode(), self._source.options.delimiter, self._source.options.quote)
        key = cells[self._key_place] if len(cells) == fields else ""
        return key if key.isprintable() else None

    def _ragged(self, line: int, fields: int) -> str:
        wide = len(self.columns)
        cause = "cut short, or a footer line" if fields < wide else "a field holds the delimiter and is not quoted"
        return f"on line {line} has {fields} field(s), the header {wide}: {cause}"

    def _take_header(self, value: bytes, start: bytes, flags: int, line: int) -> None:
        options = self._source.options
        if flags & scan.STRAY_QUOTE:
            raise FileRefusedError("HEADER_INVALID", "the header has text after a closing quote; correct it.")
        if flags & scan.CONTROL:
            raise FileRefusedError("HEADER_INVALID", "the header holds control characters; this may be no text file.")
        names = header.split_header(value.decode(), options.delimiter, options.quote)
        lines = [value.decode(), *start.decode(errors="replace").splitlines()[1:_HEADER_LINES]]
        header.check_width(names, self._limits.max_columns)
        header.check_columns(self._source, names, lines, line)
        self.columns = header.check_names(names)
        self._warnings = list(header.renamed(self._name, names))
        self._key_place = header.key_place(self._source, names)
        self._counts[scan.WIDTH] = len(names)
        self._counts[scan.NEXT_ROW] = 1

    def _check_fatal(self) -> None:
        fatal, line = int(self._counts[scan.FATAL]), int(self._counts[scan.FATAL_LINE])
        if fatal == scan.QUOTE_UNCLOSED:
            message = f"the quote opened on line {line} is never closed (or a quote inside it is not doubled)."
            raise FileRefusedError("QUOTE_UNCLOSED", message, row=self._row_now())
        if fatal == scan.FIELD_TOO_LONG:
            self._refuse_length(line, self._limits.max_field_bytes, "field")

    def _refuse_length(self, line: int, limit: int, what: str) -> None:
        message = (
            f"a {what} that begins on line {line} is longer than {limit} bytes (limits.max_field_bytes); "
            "perhaps a quote is never closed."
        )
        raise FileRefusedError("FIELD_TOO_LONG", message, row=self._row_now())

    def _row_now(self) -> int | None:
        return int(self._counts[scan.NEXT_ROW]) or None

    def _result(self) -> CsvFound:
        counts = self._counts
        result = CsvFound(
            columns=self.columns,
            row_count=max(0, int(counts[scan.NEXT_ROW]) - 1),
            loaded_count=int(counts[scan.ACCEPTED]),
            loaded_row_sum=int(counts[scan.ROW_SUM]),
            warnings=self._warnings,
        )
        kinds = [int(counts[place]) for place in (scan.LF_COUNT, scan.CRLF_COUNT, scan.CR_COUNT)]
        if self.columns and (kinds[2] or (kinds[0] and kinds[1])):
            message = (
                f"line ends are old or mixed ({kinds[0]} LF, {kinds[1]} CRLF, {kinds[2]} CR); read as if all were LF."
            )
            result.warnings.append(Problem(self._name, None, None, "LINE_ENDS", message))
        return result
