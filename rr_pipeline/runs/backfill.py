"""A restatement: everything from a day on is decided again, from the rows that earlier runs took up.

Belongs here: what is set aside, what is taken up again, and what must come out as it was. Does not belong here: the
steps themselves, which are those of every run, nor what-ifs that touch nothing (shadow.py).

A run decides from the staging layer; so does a restatement, over all deliveries at once. What comes out does not
depend on how deliveries were cut into runs, hence everything before the day must come out as it stands: that is
checked, not assumed. All of it is one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import duckdb

from rr_pipeline.config import CANONICAL, Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.routing.policy_versions import refuse_earlier_changes
from rr_pipeline.runs.run import STEPS, Step, finish, perform_all
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import ProgressCallback, Session, no_progress, open_session
from rr_pipeline.staging.staging import prepare
from rr_pipeline.steps.deliveries import name_feeds, name_taken_up
from rr_pipeline.steps.flow import ASIDE
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.run_instant import recall_instant
from rr_pipeline.steps.sequence import Part, names
from rr_pipeline.warehouse.sql_files import (
    change,
    declare,
    ensure_table,
    insert_rows,
    make_temp,
    read_sql,
    table_exists,
)

KEPT = frozenset(
    f"ops.{table}"
    for table in (
        "layout", "runs", "ingested_files", "repeated_files", "feed_columns", "schema_drift", "quarantine",
        "quality_results", "quality_codes", "exception_tokens", "withdrawn_files", "restatements",
        "superseded_decisions", "unlisted_words", "reference_matches",
    )
)  # fmt: skip
"""Tables of ops, marts and intermediate that say what was delivered or what runs did: a restatement leaves them."""


@dataclass(frozen=True)
class Restatement:
    """What a restatement changed. Counts are of decisions from its first day on, and of items whose end differs."""

    run: RunReport
    from_date: date
    decisions_before: int
    decisions_after: int
    superseded: int
    items_changed: int
    owners_changed: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "run"}
        return {**self.run.as_json(), **content, "from_date": self.from_date.isoformat()}


def backfill(
    project: Project,
    from_date: date,
    *,
    progress: ProgressCallback = no_progress,
    what: str = "rr-pipeline backfill",
) -> Restatement:
    """Decide again, under the policies as they are now, everything from the start of a local day to the frontier.

    Files not taken up yet are left to the next run. Raises RefusedError: NOTHING_DECIDED, FROM_IN_FUTURE,
    POLICY_CHANGED (a version in force before the day is not what it was), RESTATES_EARLIER (a decision before the day
    would come out otherwise). Then nothing has changed.
    """
    with open_session(project, what=what) as session:
        restate(session, from_date)
        tell_anew(session)
        return conclude(session, perform_all(session, RESTATE_STEPS))


def restate(session: Session, from_date: date) -> None:
    """Make this session a restatement from the local day on. Raises RefusedError where that makes no sense."""
    start = day_start(session.project, from_date)
    if session.frontier is None:
        raise RefusedError(_problem("NOTHING_DECIDED", "nothing has been decided yet: run `rr-pipeline run`."))
    if start > session.frontier:
        reached = session.frontier.isoformat()
        raise RefusedError(
            _problem("FROM_IN_FUTURE", f"decisions reach up to {reached} only; give that day or an earlier one.")
        )
    session.restated_from = start
    session.restated_date = from_date


def tell_anew(session: Session) -> None:
    """Let owners who get an item only by this restatement be told now, where runs tell at their own ends."""
    if session.project.settings.run_instant == "now":
        session.restated_at = max(filter(None, (session.clock, session.frontier)))


def day_start(project: Project, day: date) -> datetime:
    """First instant of a local day of the project. A zone may skip midnight: then the first instant there is."""
    zone = load_zone(project.settings.time_zone)
    start = datetime.combine(day, time(), zone)
    while start.astimezone(zone).date() < day:
        start += timedelta(minutes=1)
    return start


def _problem(code: str, text: str) -> Problem:
    return Problem("-", None, "--from", code, text)


def set_aside(session: Session, found: Found) -> Found:
    """Put what was decided under other names, for the comparison, and take up again all that was delivered."""
    con = session.con
    assert session.restated_from is not None
    refuse_earlier_changes(session, session.restated_from)
    for name in _tables(con):
        if name in KEPT:
            continue
        schema, _, table = name.partition(".")
        if name in ASIDE:
            con.execute(f'alter table {name} rename to "{_aside(table)}"')
        else:
            con.execute(f'drop table {schema}."{table}"')
    session.frontier = None
    session.set_variables(frontier_at=None, restated_at=session.restated_at)
    return found


def _aside(table: str) -> str:
    return f"{table}_before"


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = current_database() "
        "and schema_name in ('intermediate', 'marts', 'ops') order by all"
    ).fetchall()
    return [str(name) for (name,) in rows]


def recall_rows(session: Session, found: Found) -> Found:
    """Show all accepted rows as those of this run; its instants are those of the latest run."""
    con = session.con
    declare(con, "ops", "repeated_files")  # a warehouse of an earlier version has none
    name_feeds(session)
    prepare(con, session.project)
    instants = recall_instant(session)
    session.set_variables(as_of_at=instants.as_of, until_at=instants.until, is_replayed=True)
    condition = "true"
    if session.wanted_until is not None:
        # As in an ingest that is bounded: what is decided up to then cannot depend on what came after that batch.
        condition = f"ingest_batch <= {_closing_batch(session)}"
    name_taken_up(con, condition, "file_id in (select file_id from int_run_files)")
    for table in CANONICAL:
        con.execute(f"create or replace temp view staged_{table} as from staging.stg_{table} where {condition}")
    return replace(found, instants=instants)


def _closing_batch(session: Session) -> int:
    return session.count(
        "select coalesce(min(ingest_batch) filter (where delivered_at >= getvariable('until_at')), max(ingest_batch)) "
        "from ops.ingested_files"
    )


def recall_verdicts(session: Session, found: Found) -> Found:
    """Leave TEMP ``refused_rows`` as the suites left it: rows judged once are not judged again."""
    con = session.con
    make_temp(con, "intermediate", "refused_rows")
    insert_rows(con, "recalled_refusals")
    return found


SET_ASIDE = Part(
    "raw",
    "setting earlier decisions aside",
    names("ops.policy_versions marts.fct_items"),
    names("""
        marts.fct_decisions_before marts.fct_items_before marts.fct_sla_before ops.outbox_before
        ops.policy_versions_before
    """),
)
RECALL_ROWS = Part(
    "staging",
    "recalling what was delivered",
    names("staging.stg_<table> ops.ingested_files ops.quarantine ops.runs"),
    names("""
        int_feeds country_names language_names zone_names int_run_files int_run_refusals staged_<table>
        ops.ingested_files ops.repeated_files
    """),
)
RECALL_VERDICTS = Part("quality", "recalling verdicts", names("ops.quarantine"), names("refused_rows"))
COMPARISON = Part(
    "comparison",
    "comparing with what stood",
    names("""
        marts.fct_decisions_before marts.fct_items_before ops.outbox_before marts.fct_decisions marts.fct_items
        ops.outbox ops.restatements
    """),
    names("""
        int_restated_decisions int_restated_items ops.outbox int_stale_messages int_restatement
        ops.superseded_decisions ops.restatements
    """),
)

_RECALLING = (Step(SET_ASIDE, set_aside), Step(RECALL_ROWS, recall_rows), Step(RECALL_VERDICTS, recall_verdicts))
RESTATE_STEPS = (*_RECALLING, *STEPS[len(_RECALLING) :])
"""The steps of a run, of which the first three read what earlier runs took up."""


def conclude(session: Session, found: Found) -> Restatement:
    """Compare, note what was superseded, commit and publish."""
    con = session.con
    assert session.restated_from is not None
    assert session.restated_date is not None
    session.set_variables(restated_from_at=session.restated_from, restated_from_date=session.restated_date)
    make_temp(con, "intermediate", "int_restated_decisions")
    _refuse_earlier(session)
    make_temp(con, "intermediate", "int_restated_items")
    _settle_outbox(con)
    make_temp(con, "intermediate", "int_restatement")
    insert_rows(con, "superseded")
    insert_rows(con, "restatements")
    counts = con.execute(
        "select decision_count_before, decision_count, superseded_count, changed_item_count, changed_owner_count "
        "from int_restatement"
    ).fetchall()[0]
    for name in ASIDE:
        con.execute(f"drop table if exists {_aside_name(name)}")
    return Restatement(finish(session, found), session.restated_date, *counts)


def _aside_name(name: str) -> str:
    schema, _, table = name.partition(".")
    return f'{schema}."{_aside(table)}"'


def _refuse_earlier(session: Session) -> None:
    """Nothing before the day may come out otherwise."""
    rows = session.con.execute(
        "select count(*), min(decided_at)::varchar from int_restated_decisions where is_before_start"
    ).fetchall()
    count, first = rows[0]
    if count:
        text = (
            f"{count} decisions before that day, the first at {first}, would come out otherwise under the present "
            "config; restate from the day of that decision, or undo what was changed."
        )
        raise RefusedError(_problem("RESTATES_EARLIER", text))


def _settle_outbox(con: duckdb.DuckDBPyConnection) -> None:
    """Of the messages that are new, keep those that still matter: where an item that ended otherwise is now.

    What happened on the way of a restated item is history nobody needs to be told of; messages of what did not change
    stay as they were, delivered or not.
    """
    before = _aside_name("ops.outbox")
    if not table_exists(con, "ops.outbox_before"):
        ensure_table(con, read_sql("ops", "outbox"))
        con.execute(f"create table {before} as from ops.outbox limit 0")
    make_temp(con, "intermediate", "int_stale_messages")
    if con.execute("select exists (from int_stale_messages)").fetchall()[0][0]:
        change(con, "stale_messages")


__all__ = ["RESTATE_STEPS", "Restatement", "backfill", "conclude", "day_start", "restate"]
