"""The ledger of files: what was delivered, when, under which number, and how it ended.

Belongs here: the tables ops.ingested_files, ops.repeated_files, ops.schema_drift, ops.feed_columns, and of
ops.quarantine what readers write. Does not belong here: raw tables. A file is known by its source and its bytes,
whatever its name; a full list by its name too, for the list of today may well be that of the day before yesterday.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import polars as pl

from rr_pipeline.ingest.raw_tables import run_sql
from rr_pipeline.ingest.rejects import SUITE, Rejects
from rr_pipeline.ingest.results import DriftEntry, FileRefusedError, FileReport
from rr_pipeline.warehouse import lend
from rr_pipeline.warehouse.sql_files import declare

_TABLES = ("ingested_files", "repeated_files", "schema_drift", "feed_columns", "quarantine")

_FILES: dict[str, pl.DataType | type[pl.DataType]] = {
    "file_id": pl.Int64, "source": pl.String, "file_name": pl.String, "sha256": pl.String, "size_bytes": pl.Int64,
    "delivered_at": pl.Datetime("us", "UTC"), "closes_at": pl.Datetime("us", "UTC"), "ingest_batch": pl.Int64,
    "row_count": pl.Int64,
    "loaded_count": pl.Int64, "rejected_count": pl.Int64, "status": pl.String, "code": pl.String,
    "message": pl.String, "run_id": pl.String,
}  # fmt: skip
_REPEATED: dict[str, pl.DataType | type[pl.DataType]] = {
    "source": pl.String, "file_name": pl.String, "delivered_at": pl.Datetime("us", "UTC"), "run_id": pl.String,
}  # fmt: skip
_DRIFT = ("source", "file_id", "column_name", "change", "run_id")


@dataclass(frozen=True)
class Delivery:
    """One file's identity: who reads it, its name, its bytes, when it counts as delivered, and closes (UTC)."""

    source: str
    file_name: str
    sha256: str | None
    size_bytes: int | None
    delivered_at: datetime | None
    closes_at: datetime | None = None


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
    """Numbers and records the files of one run, inside the caller's transaction.

    Reads what it must know at the start and writes at the end (``write``): in between the connection is the loader's.
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, run_id: str, lists: frozenset[str] = frozenset()) -> None:
        """``lists``: sources of which each file is a full list."""
        self._con = con
        self._lists = lists
        self._run_id = run_id
        row = run_sql(
            con,
            "select coalesce(max(file_id), 0)::bigint, coalesce(max(ingest_batch), 0)::bigint from ops.ingested_files",
            what="file ledger",
        )[0]
        self._file_id, self._batch = int(str(row[0])), int(str(row[1]))
        self._batch_instant: datetime | None = None
        rows = run_sql(
            con,
            "select source, sha256, file_name, code, status from ops.ingested_files order by file_id nulls first",
            what="file ledger",
        )
        self._last_of_name = {(row[0], row[2]): row[1] for row in rows if row[4] != "refused"}
        self._known = {(row[0], row[1]) for row in rows if row[4] != "refused"}
        self._refused = {(row[0], row[1] or row[2], row[3]) for row in rows if row[4] == "refused"}
        self._feeds: dict[str, dict[str, str]] = {}  # source: case-folded name: name, of the columns of its last file
        rows = run_sql(con, "select source, column_name from ops.feed_columns order by all", what="drift")
        for source, name in rows:
            self._feeds.setdefault(str(source), {})[str(name).casefold()] = str(name)
        self._feeds_before = {(source, name) for source, names in self._feeds.items() for name in names.values()}
        self._files: list[tuple[object, ...]] = []
        self._drift: list[tuple[object, ...]] = []
        self._rejects: list[pl.DataFrame] = []
        self._repeated: list[tuple[object, ...]] = []
        self._newest: dict[str, datetime] | None = None

    @property
    def last_file_id(self) -> int:
        """The greatest number given so far."""
        return self._file_id

    @property
    def reject_count(self) -> int:
        """Refused rows that are not written yet."""
        return sum(map(len, self._rejects))

    def is_known(self, delivery: Delivery) -> bool:
        """Whether these bytes were taken up for this source before, under any name; a full list: under this, last."""
        if delivery.source in self._lists:
            return self._last_of_name.get((delivery.source, delivery.file_name)) == delivery.sha256
        return (delivery.source, delivery.sha256) in self._known

    def first_delivered_since(self, instant: datetime) -> datetime | None:
        """The earliest instant at or after ``instant`` at which a file taken up before was delivered."""
        sql = "select min(delivered_at) from ops.ingested_files where delivered_at >= ? and file_id is not null"
        found = run_sql(self._con, sql, [instant], what="file ledger")[0][0]
        return found if isinstance(found, datetime) else None

    def next_numbers(self, instant: datetime) -> tuple[int, int]:
        """Return (file id, batch) for the next accepted file; call in order of ``delivered_at``."""
        self._file_id += 1
        if self._batch_instant != instant:
            self._batch_instant = instant
            self._batch += 1
        return self._file_id, self._batch

    def record(self, delivery: Delivery, report: FileReport) -> None:
        """Note one file. The same refused bytes with the same code are noted once."""
        code, message = None, None
        if report.status == "refused":
            code, message = report.problems[0].code, report.problems[0].message
            key = (delivery.source, delivery.sha256 or delivery.file_name, code)
            if key in self._refused:
                return
            self._refused.add(key)
        else:
            self._known.add((delivery.source, delivery.sha256))
            self._last_of_name[delivery.source, delivery.file_name] = delivery.sha256
        numbers = (report.ingest_batch, report.row_count, report.loaded_count, report.rejected_count)
        said = (report.status, code, message, self._run_id)
        file = (report.file_id, delivery.source, delivery.file_name, delivery.sha256, delivery.size_bytes)
        self._files.append((*file, delivery.delivered_at, delivery.closes_at, *numbers, *said))

    def record_repeated(self, delivery: Delivery) -> None:
        """Note a file whose bytes are known, where its name gives a newer instant than any file of its source so far.

        Call in order of ``delivered_at``.
        """
        if self._newest is None:
            sql = """
                select source, max(delivered_at)
                from (
                    select source, delivered_at from ops.ingested_files where status <> 'refused'
                    union all
                    select source, delivered_at from ops.repeated_files
                )
                group by all order by all
            """
            self._newest = {str(row[0]): row[1] for row in run_sql(self._con, sql, what="file ledger")}  # type: ignore[misc]
        instant, newest = delivery.delivered_at, self._newest.get(delivery.source)
        if instant is not None and (newest is None or instant > newest):
            self._newest[delivery.source] = instant
            self._repeated.append((delivery.source, delivery.file_name, instant, self._run_id))

    def record_rejects(self, delivery: Delivery, file_id: int, rejects: Rejects) -> None:
        """Note the refused rows of one file."""
        same = {
            "run_id": self._run_id, "source": delivery.source, "file_id": file_id, "file_name": delivery.file_name,
            "suite": SUITE,
        }  # fmt: skip
        for frame in rejects.frames():
            columns = (pl.Series(name, [value]).new_from_index(0, len(frame)) for name, value in same.items())
            self._rejects.append(frame.hstack([*columns]))

    def record_drift(
        self, source: str, file_id: int, names: Sequence[str], *, is_sparse: bool
    ) -> tuple[DriftEntry, ...]:
        """Compare a file's columns with those of the file before it; the first file of a source drifts from nothing.

        ``is_sparse``: records name their own columns (JSON), so that a column not there is no news.
        """
        before = self._feeds.get(source, {})
        here = {name.casefold(): name for name in names}
        added = [name for key, name in here.items() if key not in before]
        missing = [] if is_sparse else [name for key, name in before.items() if key not in here]
        kept = {key: name for key, name in before.items() if is_sparse or key in here}
        self._feeds[source] = {**kept, **{name.casefold(): name for name in added}}
        if not before:
            return ()
        entries = [DriftEntry(source, file_id, name, "added") for name in added]
        entries += [DriftEntry(source, file_id, name, "missing") for name in missing]
        self._drift.extend((source, file_id, one.column_name, one.change, self._run_id) for one in entries)
        return tuple(entries)

    def write(self) -> None:
        """Write all that was noted."""
        self.write_rejects()
        feeds = {(source, name) for source, names in self._feeds.items() for name in names.values()}
        for source, name in sorted(self._feeds_before - feeds):
            sql = "delete from ops.feed_columns where source = ? and column_name = ?"
            run_sql(self._con, sql, [source, name], what="file ledger")
        new = sorted(feeds - self._feeds_before)
        self._insert("feed_columns", pl.DataFrame(new, ["source", "column_name"], orient="row"))
        self._insert("schema_drift", pl.DataFrame(self._drift, _DRIFT, orient="row"))
        self._insert("ingested_files", pl.DataFrame(self._files, _FILES, orient="row"))
        self._insert("repeated_files", pl.DataFrame(self._repeated, _REPEATED, orient="row"))
        self._files, self._drift, self._repeated, self._feeds_before = [], [], [], feeds

    def write_rejects(self) -> None:
        """Write the refused rows noted so far."""
        if self._rejects:
            self._insert("quarantine", pl.concat(self._rejects))
        self._rejects = []

    def _insert(self, table: str, rows: pl.DataFrame) -> None:
        if rows.is_empty():
            return
        with lend(self._con, "ledger_rows", rows.to_arrow()):
            sql = f"insert into ops.{table} by name select * from ledger_rows"
            run_sql(self._con, sql, what="file ledger")
