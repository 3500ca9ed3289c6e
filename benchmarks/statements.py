"""Counting the SQL statements that a run sends to the engine, as the engine itself logs them.

Belongs here: the count. Does not belong here: how many there may be (tests/e2e/test_small_runs.py).
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.session import session

LOG = "duckdb_log_entries.csv"


@contextmanager
def logged_statements(folder: Path) -> Iterator[list[str]]:
    """Collect the statements of the runs in the block, in their order; ``folder`` is for the engine's log.

    The list is filled when the block ends. A text of several statements counts as so many.
    """
    usual, found = session.open_warehouse, list[str]()

    def open_logged(*places: Any, **options: Any) -> duckdb.DuckDBPyConnection:
        con = usual(*places, **options)
        place = str(folder).replace("'", "''")
        con.execute(f"call enable_logging('QueryLog', storage = 'file', storage_config = {{'path': '{place}'}})")
        return con

    session.open_warehouse = open_logged
    try:
        yield found
    finally:
        session.open_warehouse = usual
    csv.field_size_limit(sys.maxsize)
    with (folder / LOG).open(encoding="utf-8", newline="") as file:
        found += [str(row["message"]).strip() for row in csv.DictReader(file) if row["type"] == "QueryLog"]
