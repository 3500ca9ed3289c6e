"""Frames of text -> the bytes of an export, in each feed's dialect.

Belongs here: quoting, line ends, encodings, byte order marks. Every one is said, none is left to the platform.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from rr_pipeline.examples.demo.draw import Ints
from rr_pipeline.examples.demo.feeds import JSON_NUMBERS, Feed
from rr_pipeline.examples.demo.spoil import spoil_lines

CHUNK_ROWS = 100_000


def write_lines(path: Path, head: str | None, chunks: Iterable[pl.Series], line_end: str, encoding: str) -> int:
    """Write a header (null: none) and lines; return how many lines. ``utf-8-sig`` puts a byte order mark in front."""
    count = 0
    plain = "utf-8" if encoding == "utf-8-sig" else encoding
    with path.open("wb") as file:
        if encoding == "utf-8-sig":
            file.write(codecs.BOM_UTF8)
        if head is not None:
            file.write((head + line_end).encode(plain))
        for lines in chunks:
            if len(lines):
                file.write((line_end.join(lines.to_list()) + line_end).encode(plain))
                count += len(lines)
    return count


def csv_lines(frame: pl.DataFrame, separator: str, quote_all: bool) -> pl.Series:
    """Return one line a row; nulls are empty cells."""
    return frame.select(
        pl.concat_str([_cell(name, separator, quote_all) for name in frame.columns], separator=separator)
    ).to_series()


def _cell(name: str, separator: str, quote_all: bool) -> pl.Expr:
    value = pl.col(name).fill_null("")
    quoted = '"' + value.str.replace_all('"', '""', literal=True) + '"'
    if quote_all:
        return quoted.alias(name)
    return pl.when(value.str.contains(f'[{separator}"\\r\\n]')).then(quoted).otherwise(value).alias(name)


def header_line(headers: Sequence[str], separator: str, quote_all: bool) -> str:
    """Return the header in the same dialect as the lines."""
    return separator.join(f'"{name}"' if quote_all else name for name in headers)


def feed_lines(feed: Feed, cells: pl.DataFrame) -> pl.Series:
    """Return the lines of one feed's rows from their generic cells, ragged and broken ones among them."""
    frame = cells.select(pl.col(generic).alias(header) for header, generic in feed.columns)
    lines = _json_lines(feed, frame) if feed.dialect.is_json else csv_lines(frame, feed.separator, feed.quote_all)
    spoil: Ints = np.asarray(cells.get_column("spoil").to_numpy(), dtype=np.int64)
    return spoil_lines(lines, spoil, feed.separator, feed.dialect)


def _json_lines(feed: Feed, frame: pl.DataFrame) -> pl.Series:
    """One object a line: numbers and truth values bare where they are such, nothing known as null."""
    lines = frame.select(pl.struct(frame.columns).struct.json_encode()).to_series()
    for header, generic in feed.columns:
        if generic in JSON_NUMBERS:
            lines = lines.str.replace(f'"{header}":"(\\d{{1,15}}(?:\\.\\d+)?)"', f'"{header}":$1')
        if generic == "consent":
            lines = lines.str.replace(f'"{header}":"(true|false)"', f'"{header}":$1')
    return lines.str.replace_all(':""', ":null", literal=True)
