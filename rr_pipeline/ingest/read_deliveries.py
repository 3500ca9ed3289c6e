"""One ingest: every file below the landing folder is taken up, known already, or refused.

Belongs here: the order of steps. Does not belong here: how a format is read. A file is read twice: once for its sum,
which gives its place in the order, and once for its rows; if the sums differ somebody was still writing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.errors import Problem, ResourceError
from rr_pipeline.ingest import raw_tables
from rr_pipeline.ingest.closes import Bounds, closes_at
from rr_pipeline.ingest.discover import Delivered, Discovery, discover
from rr_pipeline.ingest.file_ledger import Delivery, Ledger, create_tables, delivered_at
from rr_pipeline.ingest.loader import Loader, loading
from rr_pipeline.ingest.manifest import Manifests
from rr_pipeline.ingest.readers import Prepared, Task, prepare
from rr_pipeline.ingest.results import DriftEntry, FileRefusedError, FileReport, IngestReport, Progress
from rr_pipeline.ingest.stream import hash_file
from rr_pipeline.ingest.sums import SUMS_FILE, Sums
from rr_pipeline.warehouse.failures import SCRATCH_FOLDER

NO_BOUNDS = Bounds()

_REJECTS_WAITING = 200_000
"""Refused rows that may wait in memory to be written."""


@dataclass(frozen=True)
class _Hashed:
    """A file and its identity; ``refusal`` when it could not be had."""

    delivered: Delivered
    delivery: Delivery
    refusal: FileRefusedError | None = None


def ingest(  # noqa: PLR0917 - as a sentence says it: into, of, as of, by, telling, how far
    con: duckdb.DuckDBPyConnection,
    project: Project,
    as_of: datetime,
    run_id: str,
    progress: Progress | None = None,
    bounds: Bounds = NO_BOUNDS,
) -> IngestReport:
    """Load all new files into raw tables, inside the caller's open transaction.

    ``bounds`` says which files are left for a later ingest, and how far the rows of the others may reach.

    Numbers depend on sources, delivery instants and bytes only, not on names or the order of files. Raises RunError
    (ResourceError for disk or memory, InvariantError when rows in raw are not those that were read); never for what is
    wrong with a file. RefusedError (LANDING_UNREADABLE) when the landing folder cannot be listed.
    """
    if as_of.tzinfo is None:
        raise ValueError("as_of needs a time zone")
    create_tables(con)
    raw_tables.ensure_tables(con, project.sources)
    discovery = discover(project.landing, project.sources)
    with _scratch(project) as folder:
        ledger = Ledger(con, run_id, frozenset(source.name for source in project.sources if source.full_list))
        state = _Ingest(con, project, as_of=as_of.astimezone(UTC), ledger=ledger, folder=folder, progress=progress,
                        bounds=bounds)  # fmt: skip
        return state.run(discovery)


@contextmanager
def _scratch(project: Project) -> Iterator[Path]:
    folder = project.warehouse.parent / SCRATCH_FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        yield folder
    except OSError as error:
        raise ResourceError(f"{SCRATCH_FOLDER} beside the warehouse cannot be written: {error.strerror}.") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def names_later(file: Delivered, instant: datetime) -> bool:
    """Whether the name of a file says that it is delivered after ``instant``."""
    try:
        return delivered_at(file.name, file.source.delivered_at, instant) > instant
    except FileRefusedError:
        return False


def fingerprint(path: Path, max_bytes: int) -> str | None:
    """SHA-256 of a delivered file by which the ledger knows it; None when it cannot be read."""
    try:
        return hash_file(path, max_bytes)[0]
    except FileRefusedError:
        return None


class _Ingest:
    """The state of one ingest."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        project: Project,
        *,
        as_of: datetime,
        ledger: Ledger,
        folder: Path,
        progress: Progress | None,
        bounds: Bounds,
    ) -> None:
        self._con = con
        self._project = project
        self._as_of = as_of
        self._bounds = bounds
        self._folder = folder
        self._progress = progress
        self._ledger = ledger
        self._manifests = Manifests()
        self._sums = Sums.read(project.warehouse.parent / SUMS_FILE)
        self._reports: list[FileReport] = []
        self._drift: list[DriftEntry] = []
        self._expected: dict[str, dict[int, tuple[int, int]]] = {}
        self._done_bytes = 0
        self._all_bytes = 0

    def run(self, discovery: Discovery) -> IngestReport:
        """Take up what was found, as far as the bounds let it."""
        first_file_id = self._ledger.last_file_id + 1
        for source, problem in discovery.refused:
            self._refuse(Delivery(source, problem.file, None, None, None), problem)
        whole = self._bounds.whole
        found = [one for one in discovery.delivered if whole is None or one.name in whole]
        with ThreadPoolExecutor(2) as pool:
            hashed = list(pool.map(self._hash, found))
        in_order = sorted(hashed, key=_order)
        ready = [one for one in in_order if not self._waits(one.delivered, one.delivery)]
        until = self._bounds.until
        wanted = ready if until is None else self._before_end(ready, until)
        self._all_bytes = sum(one.delivery.size_bytes or 0 for one in wanted)
        with loading(self._con) as loader:
            for one in wanted:
                self._take_up(one, loader)
        self._ledger.write()
        for source, expected in sorted(self._expected.items()):
            raw_tables.check_loaded(self._con, source, first_file_id, expected)
        return IngestReport(
            tuple(self._reports), tuple(self._drift), discovery.unmatched, tuple(self._absent(discovery.absent)),
            self._sums.save, len(ready) - len(wanted), len(in_order) - len(ready),
            len(discovery.delivered) - len(found),
        )  # fmt: skip

    def _waits(self, delivered: Delivered, delivery: Delivery) -> bool:
        """Whether a new file is of an instant that the run has not reached."""
        if delivery.sha256 is None or self._ledger.is_known(delivery):
            return False
        if (delivery.source, delivery.sha256) in self._bounds.waiting:
            return True
        latest = self._bounds.named
        return latest is not None and names_later(delivered, latest)

    def _is_by_now(self, delivered: Delivered) -> bool:
        """Whether the name of a file gives an instant that the run has reached."""
        latest = self._bounds.named
        return delivered.source.delivered_at is not None and latest is not None and not names_later(delivered, latest)

    def _before_end(self, in_order: Sequence[_Hashed], until: datetime) -> list[_Hashed]:
        """The files that ``until`` needs: known ones, refused ones, and new ones up to the delivery that closes it."""
        closing = self._ledger.first_delivered_since(until)
        wanted = []
        for one in in_order:
            instant = one.delivery.delivered_at
            if instant is not None and instant >= until and not self._ledger.is_known(one.delivery):
                closing = closing or instant
                if instant > closing:
                    continue
            wanted.append(one)
        return wanted

    def _hash(self, delivered: Delivered) -> _Hashed:
        source, sha256, size, instant, closing, refusal = delivered.source, None, None, None, None, None
        try:
            limit = self._project.settings.limits.max_file_bytes
            sha256, size = self._sums.of(delivered.path, delivered.name, limit)
            instant = delivered_at(delivered.name, source.delivered_at, self._as_of)
            closing = closes_at(source, instant, self._bounds, self._project.settings.time_zone)
        except FileRefusedError as error:
            refusal = error
        if shrunk := self._bounds.refused.get((source.name, sha256 or "")):
            refusal = FileRefusedError("LIST_SHRUNK", shrunk)
        return _Hashed(delivered, Delivery(source.name, delivered.name, sha256, size, instant, closing), refusal)

    def _take_up(self, hashed: _Hashed, loader: Loader) -> None:
        delivery = hashed.delivery
        if self._ledger.is_known(delivery):
            if hashed.delivered.source.table == "activities" and self._is_by_now(hashed.delivered):
                self._ledger.record_repeated(delivery)
            self._reports.append(FileReport(delivery.source, delivery.file_name, "known"))
            return
        try:
            if hashed.refusal is not None:
                raise hashed.refusal
            self._manifests.check(hashed.delivered, delivery.sha256 or "")
            self._load(hashed, self._prepare(hashed), loader)
        except FileRefusedError as error:
            self._refuse(delivery, error.problem(delivery.file_name))
        for path in self._folder.iterdir():
            path.unlink()
        if self._ledger.reject_count >= _REJECTS_WAITING:
            loader.wait()
            self._ledger.write_rejects()

    def _prepare(self, hashed: _Hashed) -> Prepared:
        delivered, delivery = hashed.delivered, hashed.delivery
        prepared = prepare(Task(delivered, self._project, self._folder, self._tell))
        if prepared.seen.sha256 != delivery.sha256:
            raise FileRefusedError("FILE_CHANGED", "changed while it was being read; it is taken up when it is whole.")
        self._done_bytes += delivery.size_bytes or 0
        return prepared

    def _load(self, hashed: _Hashed, prepared: Prepared, loader: Loader) -> None:
        source, delivery = hashed.delivered.source, hashed.delivery
        assert delivery.delivered_at is not None
        file_id, batch = self._ledger.next_numbers(delivery.delivered_at)
        if prepared.columns:
            sparse = source.format == "jsonl"
            self._drift.extend(self._ledger.record_drift(source.name, file_id, prepared.columns, is_sparse=sparse))
        loader.add(source.name, file_id, prepared.columns, prepared.batches)
        self._ledger.record_rejects(delivery, file_id, prepared.rejects)
        self._expected.setdefault(source.name, {})[file_id] = (prepared.loaded_count, prepared.loaded_row_sum)
        prepared.check_conserved(delivery.file_name)
        problems = (*prepared.warnings, *prepared.rejects.problems(delivery.file_name))
        report = FileReport(
            delivery.source, delivery.file_name, "loaded" if prepared.row_count else "empty", prepared.row_count,
            prepared.loaded_count, prepared.rejects.count, problems, file_id, batch,
        )  # fmt: skip
        self._ledger.record(delivery, report)
        self._reports.append(report)

    def _refuse(self, delivery: Delivery, problem: Problem) -> None:
        report = FileReport(delivery.source, delivery.file_name, "refused", problems=(problem,))
        self._ledger.record(delivery, report)
        self._reports.append(report)

    def _tell(self, file_name: str, done_bytes: int) -> None:
        if self._progress is not None:
            self._progress(file_name, self._done_bytes + done_bytes, self._all_bytes)

    def _absent(self, names: Sequence[str]) -> Iterator[Problem]:
        for name in names:
            location = self._project.source(name).location
            message = (
                f"no file below {self._project.landing.name}/ matches {location}; deliver one or set `optional: true`."
            )
            yield Problem("sources.yaml", None, f"sources.{name}", "FILE_ABSENT", message)


def _order(hashed: _Hashed) -> tuple[datetime, str, str, str]:
    delivery = hashed.delivery
    instant = delivery.delivered_at or datetime.min.replace(tzinfo=UTC)
    return instant, delivery.source, delivery.sha256 or "", delivery.file_name
