"""One run of a project from its lock to its commit.

A session holds what all steps need: the open transaction, the instants asked for, warnings. It knows no step: these are
in their own modules, hand on what they find (steps/found.py), and are the very same for the command line and Dagster.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import rmtree

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.errors import Exit, Problem, RefusedError, RunError, StoppedError
from rr_pipeline.lock import WhenTaken, project_lock
from rr_pipeline.session.instants import refuse_far
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.run_log import codes_of, log_run
from rr_pipeline.session.stopping import Stop, Stops, stoppable
from rr_pipeline.session.writable_places import refuse_read_only
from rr_pipeline.warehouse import one_value, open_warehouse, plainly, upgrade
from rr_pipeline.warehouse.failures import SCRATCH_FOLDER, SPILL_FOLDER
from rr_pipeline.warehouse.left import note_left
from rr_pipeline.warehouse.logs import logs_of
from rr_pipeline.warehouse.modes import private_files
from rr_pipeline.warehouse.published import told_run
from rr_pipeline.warehouse.sql_files import table_exists

ProgressCallback = Callable[[str, int, int | None], None]
"""Called with (what, done, of) while a step works; ``of`` is None when the end is not known."""


WholeFiles = Callable[[], frozenset[str]]
"""Names, below the landing folder, of the files that nobody is writing any more."""


def no_progress(_what: str, _done: int, _of: int | None) -> None:
    """Show nothing."""


@dataclass
class Session:
    """A run under way: what it was asked for, its transaction, and how far it came. What its steps find is theirs.

    ``restated_from`` and ``restated_date``: first instant and local day of a restatement; None in every other run.
    ``restated_at``: when owners are told to whom a restatement gives an item; None where closes tell, and in shadows.
    ``committed``: the run, once what it decided is final. ``whole_files``: see ``open_session``.
    ``goes_by_sql``: its rows are judged without Great Expectations.
    """

    project: Project
    con: duckdb.DuckDBPyConnection
    run_id: str
    clock: datetime
    wanted_as_of: datetime | None
    wanted_until: datetime | None
    frontier: datetime | None
    progress: ProgressCallback = no_progress
    warnings: list[Problem] = field(default_factory=list)
    seconds: dict[str, float] = field(default_factory=dict)
    is_ahead_allowed: bool = False
    is_upgraded: bool = False
    restated_from: datetime | None = None
    restated_date: date | None = None
    restated_at: datetime | None = None
    failure: BaseException | None = None
    report: RunReport | None = None
    committed: str | None = None
    stops: Stops = field(default_factory=Stops)
    whole_files: WholeFiles | None = None
    goes_by_sql: bool = False

    def set_variables(self, **values: object) -> None:
        """Set variables that SQL files read with ``getvariable``."""
        for name, value in values.items():
            # Nulls and empty lists of their own types: DuckDB 1.5 takes bare ones for numbers.
            kind = "::timestamptz" if name.endswith("_at") else "::varchar[]" if isinstance(value, list) else ""
            self.con.execute(f"set variable {name} = ?{kind}", [value])

    def scalar(self, query: str, parameters: list[object] | None = None) -> object:
        """First value of the first row, or None."""
        value: object = one_value(self.con, query, parameters or [])
        return value

    def count(self, query: str, parameters: list[object] | None = None) -> int:
        """The one whole number a query gives."""
        value = self.scalar(query, parameters)
        return int(value) if isinstance(value, int) else 0

    def rollback(self) -> None:
        """Take back everything the run did so far."""
        with suppress(duckdb.Error):
            self.con.execute("rollback")

    def begin_again(self) -> None:
        """Take back everything the run did so far, and go on in a new transaction."""
        self.con.execute("rollback")
        self.con.execute("begin transaction")
        upgrade(self.con)

    def commit(self) -> None:
        """Make everything the run did final, together."""
        with self.stops.held():
            self.con.execute("commit")


def _next_run_id(con: duckdb.DuckDBPyConnection) -> str:
    # A number, not a random id or a time: the same project run twice gives byte-equal tables.
    if not table_exists(con, "ops.runs"):
        return "run-000001"
    return f"run-{one_value(con, 'select count(*) + 1 from ops.runs'):06d}"


def _frontier(con: duckdb.DuckDBPyConnection) -> datetime | None:
    if not table_exists(con, "ops.runs"):
        return None
    frontier: datetime | None = one_value(con, "select arg_max(frontier_at, run_id) from ops.runs")
    return frontier


def _leave_no_trace(path: Path, made: list[Path]) -> None:
    # A first run that ends without a commit must not leave an empty warehouse behind, nor the folders made for it.
    # Its log first: a log alone is taken for what is left of one that is gone.
    for leftover in (*logs_of(path), path):
        leftover.unlink(missing_ok=True)
    with suppress(OSError):
        for folder in reversed(made):
            folder.rmdir()


@contextmanager
def open_session(
    project: Project,
    *,
    as_of: datetime | None = None,
    until: datetime | None = None,
    progress: ProgressCallback = no_progress,
    what: str = "rr-pipeline run",
    is_retried: bool = False,
    is_ahead_allowed: bool = False,
    whole_files: WholeFiles | None = None,
    when_taken: WhenTaken | None = None,
) -> Iterator[Session]:
    """Lock the project, open its warehouse and a transaction; roll back whatever is not committed in the block.

    ``as_of`` is the run's instant (None: by the project's ``run_instant``), ``until`` bounds what is decided (None:
    as_of). Both are aware datetimes. ``is_retried``: an ``as_of`` before what is final means the frontier instead of a
    refusal. ``is_ahead_allowed``: ``as_of`` may lie after the clock and all records. ``whole_files``: only these are
    taken up (None: all). ``when_taken``: see ``project_lock``. However the block ends, runs.log gets a line.
    """
    clock = datetime.now(UTC)
    session: Session | None = None

    def end_now(error: StoppedError) -> None:
        _remove_litter(project)
        log_run(project.folder, clock, what, exit_code=error.exit_code, codes=codes_of(error))

    with stoppable(end_now) as stops:
        try:
            for instant, field in ((as_of, "--as-of"), (until, "--until")):
                if instant is not None:
                    refuse_far(field, instant.date())
            refuse_read_only(project)
            lock = project_lock(project.folder, what, when_taken=when_taken)
            with lock, private_files(), _warehouse(project, stops) as (con, is_upgraded):
                run_id, frontier = _next_run_id(con), _frontier(con)
                session = Session(project, con, run_id, clock, as_of, until, frontier, _checked(progress, stops))
                session.stops, session.is_ahead_allowed = stops, is_ahead_allowed
                session.whole_files = whole_files
                session.is_upgraded = is_upgraded
                session.warnings.extend((*project.warnings, *project.key_warnings))
                _settle_past(session, is_retried)
                session.set_variables(run_id=session.run_id, frontier_at=session.frontier)
                yield session
        except BaseException as error:
            failure = _failure(session, stops, error)
            stood = session.committed if session is not None else None
            log_run(project.folder, clock, what, exit_code=_code(failure), run_id=stood, codes=codes_of(failure))
            if isinstance(failure, StoppedError) and isinstance(error, (Stop, Exception)):
                raise failure from None
            raise
        if session.report is not None and session.failure is None:
            _log_report(project, clock, what, session.report)
        elif failed := stops.error() if stops.signal else session.failure:
            log_run(project.folder, clock, what, exit_code=_code(failed), codes=codes_of(failed))
        else:
            log_run(project.folder, clock, what, exit_code=Exit.DONE)


def _checked(progress: ProgressCallback, stops: Stops) -> ProgressCallback:
    def checked(what: str, done: int, of: int | None) -> None:
        stops.check()
        progress(what, done, of)

    return checked


def _failure(session: Session | None, stops: Stops, error: BaseException) -> BaseException:
    """Of a signal, a step's error and what the session made of it, the one that says how the run ended."""
    if stops.signal is not None and (session is None or session.report is None):
        return stops.error()
    if isinstance(error, RunError) or session is None or session.failure is None:
        return error
    return session.failure


def _code(failure: BaseException) -> Exit:
    return failure.exit_code if isinstance(failure, RunError) else Exit.INTERNAL


def _remove_litter(project: Project) -> None:
    """Remove what a run writes beside its transaction; for a process that must end without unwinding."""
    for folder in (project.folder / SPILL_FOLDER, project.warehouse.parent / SCRATCH_FOLDER):
        rmtree(folder, ignore_errors=True)
    for half in project.published.glob(".*.new*"):
        half.unlink(missing_ok=True)


def _log_report(project: Project, clock: datetime, what: str, report: RunReport) -> None:
    codes = frozenset(problem.code for problem in report.problems)
    log_run(
        project.folder, clock, what, exit_code=report.exit_code, run_id=report.run_id, as_of=report.as_of, codes=codes
    )


def _make_folders(folder: Path) -> list[Path]:
    """Make the folder and those above it that are missing; what was made, outermost first."""
    missing = [place for place in (folder, *folder.parents) if not place.exists()][::-1]
    for place in missing:
        place.mkdir(mode=0o700)
    return missing


@contextmanager
def _warehouse(project: Project, stops: Stops) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """The warehouse with a transaction begun, and whether that had to bring it to a new layout first.

    What is not committed by the end of the block is as if it never was.
    """
    is_new, made = not project.warehouse.exists(), _make_folders(project.warehouse.parent)
    spill = project.folder / SPILL_FOLDER
    con = open_warehouse(
        project.warehouse,
        project.published,
        memory_limit=project.settings.engine.memory_limit,
        threads=project.settings.engine.threads,
        spill=spill,
        shown=told_run(project.published),
    )
    stops.watch(con)
    try:
        con.execute("begin transaction")
        yield con, upgrade(con)
    except (duckdb.Error, MemoryError) as error:
        if known := plainly(error, project.warehouse):
            raise known from None
        raise
    finally:
        stops.unwind()
        with suppress(duckdb.Error):
            con.execute("rollback")
        is_empty = is_new and not _has_runs(con)
        con.close()
        rmtree(spill, ignore_errors=True)
        if is_empty:
            _leave_no_trace(project.warehouse, made)
        else:
            note_left(project.warehouse)


def _has_runs(con: duckdb.DuckDBPyConnection) -> bool:
    with suppress(duckdb.Error):
        return table_exists(con, "ops.runs")
    return True


def _settle_past(session: Session, is_retried: bool) -> None:
    if session.wanted_as_of and session.frontier and session.wanted_as_of < session.frontier:
        if is_retried:
            session.wanted_as_of = session.frontier
            return
        raise RefusedError(
            Problem(
                "-",
                None,
                "--as-of",
                "AS_OF_IN_PAST",
                f"everything up to {session.frontier.isoformat()} is final; give that instant or a later one.",
            )
        )
