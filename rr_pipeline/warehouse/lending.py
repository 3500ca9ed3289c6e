"""Rows of this process under a name, for one statement to read.

Belongs here: how long the engine may hold them. Does not belong here: what is made of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb
import pyarrow as pa

_BATCH_ROWS = 122_880
"""Rows handed over at a time: a row group of the engine, so that all cores have some."""


@contextmanager
def lend(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> Iterator[None]:
    """Let one statement in the block read ``rows`` under ``name``, once.

    The engine keeps a name that was taken back, and what stands behind it, until the transaction ends, in case it is
    rolled back. Behind this one stands a stream that is empty when it was read; so the memory of rows that a long
    transaction has taken is free at once, if the caller keeps none.
    """
    waiting = rows.to_batches(max_chunksize=_BATCH_ROWS)
    waiting.reverse()
    stream = pa.RecordBatchReader.from_batches(rows.schema, _drained(waiting))
    con.register(name, stream)
    try:
        yield
    finally:
        con.unregister(name)
        waiting.clear()


def _drained(waiting: list[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    while waiting:
        yield waiting.pop()
