"""Steps 1 to 3 of a run: deliveries are read, typed and judged. Nothing here knows about owners or pools."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import duckdb

from rr_pipeline import quality
from rr_pipeline.config import CANONICAL
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.identity.staging import stage
from rr_pipeline.ingest import ingest
from rr_pipeline.pipeline.refusal import refuse_rates
from rr_pipeline.pipeline.session import Session
from rr_pipeline.quality.quarantine import REFUSED_DDL
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.warehouse import one_value

CLOCK_SKEW = timedelta(minutes=5)
"""How far a source's clock may be ahead of the run's before its instants are taken for wrong."""

LATEST = datetime(9999, 12, 31, tzinfo=UTC)


def ingest_deliveries(session: Session) -> None:
    """Append every new file of the landing folder to the raw layer; note files that are refused."""
    # With run_instant last_record the instant is only known once the rows are typed: until then it is the end of time.
    as_of = session.wanted_as_of or (LATEST if _by_last_record(session) else session.clock)
    until = session.wanted_until
    session.ingest = ingest(session.con, session.project, as_of, session.run_id, session.progress, until=until)
    if until is not None and session.ingest.later_count:
        text = (
            f"{session.ingest.later_count} files came too late to matter by {until.isoformat()}; a later run takes them"
        )
        session.warnings.append(Problem(f"{session.project.landing.name}/", None, None, "FILES_LATER", text))
    ours = "run_id = getvariable('run_id')"
    name_taken_up(session.con, ours, ours)


def name_taken_up(con: duckdb.DuckDBPyConnection, files: str, refusals: str) -> None:
    """Leave TEMP views ``int_run_files`` and ``int_run_refusals``: what this run takes up.

    They are the rows of ops.ingested_files and of ops.quarantine that meet the conditions: those of the run itself, or,
    where it decides anew what earlier runs took up, those of other runs.
    """
    con.execute(f"create or replace temp view int_run_files as from ops.ingested_files where {files}")
    con.execute(f"create or replace temp view int_run_refusals as from ops.quarantine where {refusals}")


def name_feeds(session: Session) -> None:
    """Leave TEMP ``int_feeds``: the canonical table and the kind of item of each source."""
    feeds = [(source.name, source.table, source.object_type) for source in session.project.sources]
    session.con.execute(
        "create or replace temp table int_feeds (source varchar, canonical_table varchar, object_type varchar)"
    )
    if feeds:
        session.con.executemany("insert into int_feeds values (?, ?, ?)", feeds)


def stage_deliveries(session: Session) -> None:
    """Type and standardise the new rows, then settle the run's instant."""
    assert session.ingest is not None
    name_feeds(session)
    stage(session.con, session.project, session.ingest.new_file_ids)
    session.as_of = session.wanted_as_of or _instant(session)
    # Never beyond the run's instant, lest it decide what has not happened yet; never before what is final.
    until = min(session.wanted_until or session.as_of, session.as_of)
    session.until = until if session.frontier is None else max(until, session.frontier)
    session.con.execute(
        "update ops.ingested_files set delivered_at = ? where run_id = ? and delivered_at = ?",
        [session.as_of, session.run_id, LATEST],
    )
    session.set_variables(as_of_at=session.as_of, until_at=session.until)


def _by_last_record(session: Session) -> bool:
    return session.wanted_as_of is None and session.project.settings.run_instant == "last_record"


def _instant(session: Session) -> datetime:
    if not _by_last_record(session):
        # The clock of a machine may jump back; what is decided stays decided.
        return max(filter(None, (session.clock, session.frontier)))
    newest = one_value(
        session.con,
        """
        select max(newest) from (
            select max(created_at) filter (where created_at_code is null and created_at <= $latest) as newest
            from staged_items
            union all
            select max(occurred_at) filter (where occurred_at <= $latest) from staged_activities
            union all
            select max(delivered_at) from ops.ingested_files where run_id = $run_id and delivered_at < $unknown
        )
        """,
        {"latest": session.clock + CLOCK_SKEW, "run_id": session.run_id, "unknown": LATEST},
    )
    # Rows that wait for a later until were counted when they came.
    before = one_value(session.con, "select max(as_of_at) from ops.runs") if session.frontier else None
    known = [instant for instant in (newest, before, session.frontier) if instant is not None]
    return max(known, default=session.clock)


def validate_deliveries(session: Session) -> None:
    """Run the suites on what was staged; set rows aside that break them, stop on what breaks a whole table.

    Leaves TEMP ``refused_rows(file_id, row_number, ...)``; of tables other than items those rows are deleted.
    """
    assert session.as_of is not None
    parameters: dict[str, object] = {
        "latest_created_at": session.as_of + CLOCK_SKEW,
        "max_quarantine_rate": session.project.settings.limits.max_quarantine_rate,
        "min_row_count": 1,
    }
    suites = quality.load_suites(expectations_folder())
    con = session.con
    con.execute(REFUSED_DDL)
    results = []
    for table in CANONICAL:
        name = f"staged_{table}"
        if session.count(f"select count(*) from {name}"):
            results.append(quality.run_suite(con, suites[name], name, parameters))
            quality.refuse(con, suites[name], name, session.run_id, parameters, session.project.hash_key)
    if results:
        rates = quality.run_rates(con, suites["refused_rates"], session.run_id, parameters, stop=False)
        if any(rule.code == "QUARANTINE_RATE" for rule in rates.stopping):
            raise refuse_rates(session)
        if rates.stopping:
            raise RefusedError("The delivered rows did not pass; nothing was published.", rates.stops)
        results.append(rates)
    quality.record(con, results, session.run_id)
    session.suites = results
    for table in CANONICAL:
        if table != "items":
            _drop_refused(session, table)


def _drop_refused(session: Session, table: str) -> None:
    # Items keep theirs, and what follows leaves them out: deleting from what the same transaction wrote makes DuckDB
    # write the whole table again at the commit, which for a million items takes longer than all the rest.
    if session.count("select count(*) from refused_rows where suite = ?", [f"staged_{table}"]):
        session.con.execute(
            f"delete from staging.stg_{table} as rows using refused_rows as refused "
            "where rows.file_id = refused.file_id and rows.row_number = refused.row_number"
        )
