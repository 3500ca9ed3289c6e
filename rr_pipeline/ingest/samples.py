"""The beginning of delivered files, as small files that the same readers read.

Belongs here: how much of a file is enough to judge its shape, and where each format may be cut. Does not belong here:
reading the samples (read_deliveries.py) or what is said of them.

A sample begins as its file does, so record numbers are those of the file.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from rr_pipeline.config import Source
from rr_pipeline.ingest.discover import Delivered

SAMPLE_BYTES = 1 << 20
"""So much of a text file is looked at."""

SAMPLE_ROWS = 5_000
"""So many records of a Parquet file are looked at."""

_WIDE = {b"\xff\xfe": b"\n\x00", b"\xfe\xff": b"\x00\n"}
"""Byte order marks of UTF-16 and how each writes a line feed."""


def write_samples(delivered: Sequence[Delivered], folder: Path) -> frozenset[str]:
    """Write the beginning of each file below ``folder``, under its own name; return the names of those cut short.

    A file that cannot be cut where a record ends is left whole: the reader then says what is wrong with it.
    """
    cut = set()
    for file in delivered:
        target = folder / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        if _is_cut(file, target):
            cut.add(file.name)
    return frozenset(cut)


def _is_cut(file: Delivered, target: Path) -> bool:
    """Write a sample of one file; return whether it is shorter than the file."""
    if file.path.stat().st_size > SAMPLE_BYTES:
        if file.source.format == "parquet":
            with suppress(pa.ArrowException, OSError):
                return _cut_parquet(file.path, target)
        elif (head := _text_head(file.path, file.source)) is not None:
            target.write_bytes(gzip.compress(head, 1) if file.path.suffix == ".gz" else head)
            return True
    try:
        os.link(file.path, target)
    except OSError:
        shutil.copyfile(file.path, target)
    return False


def _cut_parquet(path: Path, target: Path) -> bool:
    with pq.ParquetFile(path) as file:
        batch = next(file.iter_batches(batch_size=SAMPLE_ROWS), None)
        if batch is None or batch.num_rows == file.metadata.num_rows:
            shutil.copyfile(path, target)
            return False
        pq.write_table(pa.Table.from_batches([batch]), target)
        return True


def _text_head(path: Path, source: Source) -> bytes | None:
    """The first records of a text file, whole ones; None where none ends in the second half of what was read."""
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(SAMPLE_BYTES)
    except (OSError, EOFError):
        return None
    feed = _WIDE.get(head[:2], b"\n")
    quote = (source.options.quote or "").encode() if source.format == "csv" else b""
    quotes, at, end = head.count(quote) if quote else 0, len(head), len(head)
    while (at := head.rfind(feed, len(head) // 2, at)) > 0:
        before, end = end, at + len(feed)
        quotes -= head.count(quote, end, before) if quote else 0
        # Inside quotes a line feed ends no record: an even number of quotes lies before the end of one.
        if end % len(feed) == 0 and quotes % 2 == 0:
            return head[:end]
    return None
