"""Steps 1 to 3 of a run: deliveries are read, typed and judged. Nothing here knows about owners or pools."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

import duckdb

from rr_pipeline import quality
from rr_pipeline.config import CANONICAL
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.ingest import Bounds, IngestReport, Progress, ingest, is_dated
from rr_pipeline.quality import Suite, SuiteResult
from rr_pipeline.session.session import ProgressCallback, Session
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.staging.staging import stage, staged_codes
from rr_pipeline.steps.found import Instants
from rr_pipeline.steps.full_lists import note_refused_keys, shrunk_lists
from rr_pipeline.steps.refusal import refuse_rates
from rr_pipeline.steps.run_instant import CLOCK_SKEW, by_last_record, latest_instant, settle_instant
from rr_pipeline.steps.user_texts import find_users
from rr_pipeline.warehouse.sql_files import ask, change, fill, make_temp

UNKNOWN = datetime(9999, 12, 31, tzinfo=UTC)
"""Stands for the run's instant until the rows are typed that give it."""

Files = frozenset[tuple[str, str]]
"""Files by source and sum."""

_NONE: Files = frozenset()

FEW_ROWS = 1_000
"""So many new rows one thread works through by itself: waking the others takes longer than what they would do."""


def ingest_deliveries(session: Session) -> IngestReport:
    """Append every new file of the landing folder to the raw layer; note files that are refused."""
    taken = _take_up(session)
    until = session.wanted_until
    if sum(file.loaded_count for file in taken.files) <= FEW_ROWS:
        session.con.execute("set threads = 1")
    if until is not None and taken.later_count:
        text = f"{taken.later_count} files came too late to matter by {until.isoformat()}; a later run takes them"
        session.warnings.append(Problem(f"{session.project.landing.name}/", None, None, "FILES_LATER", text))
    return taken


def _take_up(
    session: Session,
    waiting: Files = _NONE,
    refused: Mapping[tuple[str, str], str] = MappingProxyType({}),
) -> IngestReport:
    # With run_instant last_record the instant is only known once the rows are typed: until then it is unknown.
    latest = latest_instant(session)
    bounds = Bounds(
        until=session.wanted_until,
        named=latest if session.wanted_as_of else latest + CLOCK_SKEW,
        undated=latest,
        frontier=session.frontier,
        waiting=waiting,
        refused=refused,
        whole=session.whole_files() if session.whole_files is not None else None,
    )
    as_of = UNKNOWN if by_last_record(session) else latest
    progress = session.progress if session.goes_by_sql else _preloading(session.progress)
    taken = ingest(session.con, session.project, as_of, session.run_id, progress, bounds)
    ours = "run_id = getvariable('run_id')"
    name_taken_up(session.con, ours, ours)
    return taken


def _preloading(progress: ProgressCallback) -> Progress:
    """Tell of files as they are read, and with the first of them import what will judge their rows, beside the reading.

    A run that reads nothing does without: the import takes three seconds of one core.
    """

    def told(file_name: str, done: int, of: int) -> None:
        if not begun:
            begun.append(quality.preload())
        progress(file_name, done, of)

    begun: list[object] = []
    return told


def name_taken_up(con: duckdb.DuckDBPyConnection, files: str, refusals: str) -> None:
    """Leave TEMP views ``int_run_files`` and ``int_run_refusals``: what this run takes up.

    They are the rows of ops.ingested_files and of ops.quarantine that meet the conditions: those of the run itself, or,
    where it decides again what earlier runs took up, those of other runs.
    """
    con.execute(f"create or replace temp view int_run_files as from ops.ingested_files where {files}")
    con.execute(f"create or replace temp view int_run_refusals as from ops.quarantine where {refusals}")


def name_feeds(session: Session) -> None:
    """Leave TEMP ``int_feeds``: what each source feeds, and when its items are decided.

    Sets the variables ``is_now``: a run is of the instant at which it takes place, by the project's run_instant; and
    ``is_live``: so it is, and some items are decided once delivered.
    """
    project = session.project
    feeds = [
        (
            one.name,
            one.table,
            one.object_type,
            one.table == "items" and project.decides_live(one),
            one.full_list,
            one.leave_after,
        )
        for one in project.sources
    ]
    is_now = project.settings.run_instant == "now"
    session.set_variables(is_now=is_now, is_live=is_now and any(feed[3] for feed in feeds))
    make_temp(session.con, "intermediate", "int_feeds")
    fill(session.con, "int_feeds", feeds)


def stage_deliveries(session: Session, taken: IngestReport) -> tuple[IngestReport, Instants]:
    """Type and standardise the new rows, then settle the run's instants; some of the files may have to wait."""
    _type_rows(session, taken)
    taken, waiting = _leave_waiting(session, taken)
    taken = _refuse_lists(session, taken, waiting)
    _warn_of_waiting(session, taken.waiting_count)
    instants = settle_instant(session, bool(taken.new_file_ids))
    change(session.con, "delivered_at", {"as_of": instants.as_of, "unknown": UNKNOWN})
    session.set_variables(as_of_at=instants.as_of, until_at=instants.until)
    return taken, instants


def _type_rows(session: Session, taken: IngestReport) -> None:
    name_feeds(session)
    stage(session.con, session.project, taken.new_file_ids)


def _warn_of_waiting(session: Session, count: int) -> None:
    if count:
        text = (
            f"{count} {'file waits' if count == 1 else 'files wait'} for a later run: by name or rows later than "
            f"{latest_instant(session):%Y-%m-%dT%H:%M:%SZ}, the instant of this run"
        )
        session.warnings.append(Problem(f"{session.project.landing.name}/", None, None, "FILES_WAIT", text))


def _refuse_lists(session: Session, taken: IngestReport, waiting: Files) -> IngestReport:
    """Refuse full lists that lost too much: as files that wait, all is taken back, and done again without them."""
    refused = shrunk_lists(session, taken.new_file_ids)
    if not refused:
        return taken
    session.begin_again()
    taken = _take_up(session, waiting, refused)
    _type_rows(session, taken)
    return taken


def _leave_waiting(session: Session, taken: IngestReport) -> tuple[IngestReport, Files]:
    """Leave files whose names give no instant, and whose rows an instant that was given explains as later, unread.

    Their rows are only known once they are typed: then all is taken back, and done again without these files, which
    are returned too.
    """
    given, waiting = session.wanted_as_of, _NONE
    if given is None:
        return taken, waiting
    undated = [source.name for source in session.project.sources if not is_dated(source)]
    bounds = {"given": given + CLOCK_SKEW, "latest": max(session.clock, given) + CLOCK_SKEW}
    rows = ask(session.con, "waiting_files", {**bounds, "undated": undated})
    if rows:
        waiting = frozenset((str(source), str(sha256)) for source, sha256 in rows)
        session.begin_again()
        taken = _take_up(session, waiting)
        _type_rows(session, taken)
    return taken, waiting


def validate_deliveries(session: Session) -> tuple[SuiteResult, ...]:
    """Run the suites on what was staged; set rows aside that break them, stop on what breaks a whole table.

    Leaves TEMP ``refused_rows(file_id, row_number, ...)``; of tables other than items those rows are deleted.
    """
    con, suites, parameters = session.con, quality.load_suites(expectations_folder()), _parameters(session)
    results = []

    def judge(suite: Suite, name: str) -> None:
        results.append(quality.run_suite(con, suite, name, parameters))

    refuse_rows(session, suites, judge)
    if results:
        rates = quality.run_rates(con, suites["refused_rates"], session.run_id, parameters, stop=False)
        if any(rule.code == "QUARANTINE_RATE" for rule in rates.stopping):
            raise refuse_rates(session)
        if rates.stopping:
            raise RefusedError("The delivered rows did not pass; nothing was published.", rates.stops)
        results.append(rates)
    quality.record(con, results, session.run_id)
    note_refused_keys(session)
    _drop_refused(con)
    if results:
        find_users(session)
    return tuple(results)


def refuse_rows(
    session: Session, suites: Mapping[str, Suite], judge: Callable[[Suite, str], None] | None = None
) -> None:
    """Set the rows aside that break the suites; leave TEMP ``refused_rows``. ``judge`` sees each table before that."""
    con, parameters = session.con, _parameters(session)
    make_temp(con, "intermediate", "refused_rows")
    for name in _with_rows(con, [f"staged_{table}" for table in CANONICAL]):
        suite = quality.with_column_rules(suites[name], staged_codes(con, name.removeprefix("staged_")))
        if judge is not None:
            judge(suite, name)
        quality.refuse(con, suite, name, session.run_id, parameters, session.project.hash_key)


def _parameters(session: Session) -> dict[str, object]:
    return {"max_quarantine_rate": session.project.settings.limits.max_quarantine_rate, "min_row_count": 1}


def _with_rows(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> list[str]:
    """Return those of the tables that have rows, in their order, asked for in one statement."""
    query = " union all ".join(f"select '{table}' where exists (from {table})" for table in tables)
    found = {name for (name,) in con.execute(query).fetchall()}
    return [table for table in tables if table in found]


def _drop_refused(con: duckdb.DuckDBPyConnection) -> None:
    # Items keep theirs, and what follows leaves them out: deleting from what the same transaction wrote makes DuckDB
    # write the whole table again at the commit, which for a million items takes longer than all the rest.
    suites = con.execute("select distinct suite from refused_rows where suite <> 'staged_items' order by 1").fetchall()
    for (suite,) in suites:
        change(con, "drop_refused", table=suite.removeprefix("staged_"))
