"""The ledger of files: what was delivered, when, under which number, and how it ended.

Belongs here: the tables ops.ingested_files, ops.schema_drift, ops.feed_columns, and of ops.quarantine what
readers write. Does not belong here: raw tables. A file is known by its source and its bytes, whatever its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from rr_pipeline.ingest.raw_tables import run_sql
from rr_pipeline.ingest.rejects import SUITE, Rejects
from rr_pipeline.ingest.report import DriftEntry, FileRefusedError, FileReport
from rr_pipeline.warehouse.sql_files import declare

_TABLES = ("ingested_files", "schema_drift", "feed_columns", "quarantine")

_QUARANTINE = """
insert into ops.quarantine by name
select ? as run_id, ? as source, ?::bigint as file_id, ? as file_name, row_number, item_id, ? as suite,
       lower(code) as rule, code, field, value_length, value_hash, message
from reader_rejects order by row_number
"""


@dataclass(frozen=True)
class Delivery:
    """One file's identity: who reads it, its name, its bytes, and when it counts as delivered (UTC)."""

    source: str
    file_name: str
    sha256: str | None
    size_bytes: int | None
    delivered_at: datetime | None


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create the ledger's tables where they are missing."""
    for schema in ("raw", "ops"):
        run_sql(con, f"create schema if not exists {schema}", what="tables of the file ledger")
    for table in _TABLES:
        declare(con, "ops", table)


def delivered_at(file_name: str, pattern: str | None, as_of: datetime) -> datetime:
    """Return the instant in a file's name, or ``as_of`` for a source without a pattern. Raises FILE_NAME."""
    if pattern is None:
        return as_of.astimezone(UTC)
    base = file_name.rsplit("/", 1)[-1]
    for name in (base, base.removesuffix(".gz")):
        try:
            found = datetime.strptime(name, pattern)  # noqa: DTZ007 - a pattern may hold %z
        except ValueError:
            continue
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    message = "the name does not follow the source's `delivered_at` pattern; rename the file or correct the pattern."
    raise FileRefusedError("FILE_NAME", message)


class Ledger:
    """Numbers and records the files of one run, inside the caller's transaction."""

    def __init__(self, con: duckdb.DuckDBPyConnection, run_id: str) -> None:
        self._con = con
        self._run_id = run_id
        row = run_sql(
            con,
            "select coalesce(max(file_id), 0)::bigint, coalesce(max(ingest_batch), 0)::bigint from ops.ingested_files",
            what="file ledger",
        )[0]
        self._file_id, self._batch = int(str(row[0])), int(str(row[1]))
        self._batch_instant: datetime | None = None
        rows = run_sql(
            con, "select source, sha256, file_name, code, status from ops.ingested_files", what="file ledger"
        )
        self._known = {(row[0], row[1]) for row in rows if row[4] != "refused"}
        self._refused = {(row[0], row[1] or row[2], row[3]) for row in rows if row[4] == "refused"}

    @property
    def last_file_id(self) -> int:
        """The greatest number given so far."""
        return self._file_id

    def is_known(self, delivery: Delivery) -> bool:
        """Whether these bytes were taken up for this source before, under any name."""
        return (delivery.source, delivery.sha256) in self._known

    def next_numbers(self, instant: datetime) -> tuple[int, int]:
        """Return (file id, batch) for the next accepted file; call in order of ``delivered_at``."""
        self._file_id += 1
        if self._batch_instant != instant:
            self._batch_instant = instant
            self._batch += 1
        return self._file_id, self._batch

    def record(self, delivery: Delivery, report: FileReport) -> None:
        """Write one file down. The same refused bytes with the same code are written once."""
        code, message = None, None
        if report.status == "refused":
            code, message = report.problems[0].code, report.problems[0].message
            key = (delivery.source, delivery.sha256 or delivery.file_name, code)
            if key in self._refused:
                return
            self._refused.add(key)
        else:
            self._known.add((delivery.source, delivery.sha256))
        values = [
            report.file_id, delivery.source, delivery.file_name, delivery.sha256, delivery.size_bytes,
            delivery.delivered_at, report.ingest_batch, report.row_count, report.loaded_count, report.rejected_count,
            report.status, code, message, self._run_id,
        ]  # fmt: skip
        marks = ", ".join("?" for _ in values)
        self._sql(f"insert into ops.ingested_files values ({marks})", values)

    def record_rejects(self, delivery: Delivery, file_id: int, rejects: Rejects) -> None:
        """Write the refused rows of one file."""
        for frame in rejects.frames():
            self._con.register("reader_rejects", frame)
            values = [self._run_id, delivery.source, file_id, delivery.file_name, SUITE]
            run_sql(self._con, _QUARANTINE, values, what="refused rows")
            self._con.unregister("reader_rejects")

    def record_drift(
        self, source: str, file_id: int, names: Sequence[str], *, is_sparse: bool
    ) -> tuple[DriftEntry, ...]:
        """Compare a file's columns with those of the file before it; the first file of a source drifts from nothing.

        ``is_sparse``: records name their own columns (JSON), so that a column not there is no news.
        """
        rows = run_sql(self._con, "select column_name from ops.feed_columns where source = ?", [source], what="drift")
        before = {str(row[0]).casefold(): str(row[0]) for row in rows}
        here = {name.casefold(): name for name in names}
        added = [name for key, name in here.items() if key not in before]
        missing = [] if is_sparse else [name for key, name in before.items() if key not in here]
        for name in missing:
            self._sql("delete from ops.feed_columns where source = ? and column_name = ?", [source, name])
        for name in added:
            self._sql("insert into ops.feed_columns values (?, ?)", [source, name])
        if not before:
            return ()
        entries = [DriftEntry(source, file_id, name, "added") for name in added]
        entries += [DriftEntry(source, file_id, name, "missing") for name in missing]
        for entry in entries:
            values = [source, file_id, entry.column_name, entry.change, self._run_id]
            self._sql("insert into ops.schema_drift values (?, ?, ?, ?, ?)", values)
        return tuple(entries)

    def _sql(self, sql: str, values: Sequence[object]) -> None:
        run_sql(self._con, sql, values, what="file ledger")
