"""Rows of one file on their way to the raw table: in memory while they are few, in a file of their own beyond.

Belongs here: where rows wait. Does not belong here: what they mean, and loading them (loader.py). A file is read to its
end before any of its rows are loaded, because the whole of it may yet be refused; it may be larger than the memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

MEMORY_BYTES = 1 << 26
"""Bytes of rows kept in memory, for each file."""


class Parts:
    """Batches of one file, in the order they were added. ``place``: a file that may be made for them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Keep a batch. Their columns may differ."""
        self._batches.append(batch)
        self._bytes += batch.nbytes
        if self._bytes >= MEMORY_BYTES:
            self._write()

    def take(self) -> Iterator[pa.RecordBatch]:
        """Yield all batches once; a file made for them is removed at the end."""
        if self._place.exists():
            with pa.memory_map(str(self._place)) as file:
                while file.tell() < file.size():
                    # One stream a batch, since their columns may differ.
                    yield from pa.ipc.open_stream(file)
            self._place.unlink()
        while self._batches:
            yield self._batches.pop(0)

    def _write(self) -> None:
        with self._place.open("ab") as file:
            for batch in self._batches:
                with pa.ipc.new_stream(file, batch.schema) as stream:
                    stream.write_batch(batch)
        self._batches, self._bytes = [], 0
