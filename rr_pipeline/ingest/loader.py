"""Rows of many files into the raw tables, a few large inserts at a time, while the next files are being read.

Belongs here: when what is inserted. Does not belong here: the SQL (raw_tables.py) and where rows come from. An insert
of a hundred rows costs as much as one of ten thousand, and a large one keeps all cores busy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

from rr_pipeline.ingest import raw_tables

WAITING_BYTES = 1 << 27
"""Bytes of rows that may wait, of all sources together; as much again is being inserted."""


@dataclass
class _Waiting:
    """Rows of one source that are not in its table yet, and every column that its files of this run have."""

    batches: list[tuple[int, pa.RecordBatch]] = field(default_factory=list)
    columns: dict[str, None] = field(default_factory=dict)
    size: int = 0


class Loader:
    """The one user of the connection while it is at work: call ``wait`` before using it yourself."""

    def __init__(self, con: duckdb.DuckDBPyConnection, pool: ThreadPoolExecutor) -> None:
        self._con = con
        self._pool = pool
        self._waiting: dict[str, _Waiting] = {}
        self._under_way: Future[None] | None = None

    def add(self, source: str, file_id: int, columns: Sequence[str], batches: Iterable[pa.RecordBatch]) -> None:
        """Take the rows of one file. Raises RunError for this or an earlier insert."""
        self._waiting.setdefault(source, _Waiting()).columns.update(dict.fromkeys(columns))
        for batch in batches:
            waiting = self._waiting[source]  # another one after each insert
            waiting.batches.append((file_id, batch))
            waiting.size += batch.nbytes
            if sum(one.size for one in self._waiting.values()) >= WAITING_BYTES:
                self._insert(max(sorted(self._waiting), key=lambda name: self._waiting[name].size))

    def wait(self) -> None:
        """Wait until the insert under way has ended; raise its error."""
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None

    def finish(self) -> None:
        """Insert all that waits, and wait for it."""
        for source in sorted(self._waiting):
            self._insert(source)
        self.wait()

    def _insert(self, source: str) -> None:
        self.wait()
        waiting = self._waiting[source]
        self._waiting[source] = _Waiting()
        self._under_way = self._pool.submit(_insert, self._con, source, tuple(waiting.columns), waiting.batches)


def _insert(
    con: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], batches: Sequence[tuple[int, pa.RecordBatch]]
) -> None:
    raw_tables.add_columns(con, source, columns)
    if batches:
        raw_tables.load(con, source, batches)


@contextmanager
def loading(con: duckdb.DuckDBPyConnection) -> Iterator[Loader]:
    """Give a loader to the block; what it took is in the tables when the block ends well."""
    with ThreadPoolExecutor(1) as pool:
        loader = Loader(con, pool)
        yield loader
        loader.finish()
