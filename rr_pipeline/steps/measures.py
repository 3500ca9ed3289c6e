"""Steps 9 and 10 of a run: what was decided becomes tables, and is proved before anything is committed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import duckdb

from rr_pipeline import quality
from rr_pipeline.errors import InvariantError, Problem
from rr_pipeline.routing.policy_versions import write_dimensions
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import Session
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.steps import summary
from rr_pipeline.steps.again import make_room
from rr_pipeline.steps.events import record_events
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.managers import write_managers
from rr_pipeline.steps.outbox_messages import write_outbox
from rr_pipeline.steps.sla import write_sla
from rr_pipeline.steps.summary import count_outcomes
from rr_pipeline.steps.summary_after import after_lines
from rr_pipeline.warehouse import one_value
from rr_pipeline.warehouse.definitions import define, rebuild
from rr_pipeline.warehouse.sql_files import append, change, layer_files, make_temp

PUBLISHED_SUITES = ("fct_items", "fct_decisions", "fct_ownership")


def write_marts(session: Session, people: People) -> None:
    """Append this run's rows to the fact tables, settle items held before, make the dimensions and views again."""
    con = session.con
    write_dimensions(session, people)
    for table in ("int_refused_items", "int_owner_ends", "int_tellings", "int_item_ends", "int_rerouted"):
        make_temp(con, "intermediate", table)
    append(con, "marts", "fct_decisions")
    append(con, "marts", "fct_breaches")
    append(con, "ops", "clocks")
    append(con, "marts", "fct_settlements")
    make_room(session)
    append(con, "marts", "fct_items")
    append(con, "marts", "fct_ownership")
    _change_earlier(session)
    record_events(session)
    append(con, "marts", "fct_item_events")
    write_sla(session, people)
    write_managers(session.con, people, session.project.policies)
    write_outbox(session)
    change(con, "late_touches")
    append(con, "intermediate", "int_counted_kept")
    make_temp(con, "intermediate", "int_given")
    rebuild(con, "marts", "dim_pools")
    rebuild(con, "marts", "dim_members")
    count_outcomes(session)
    append(con, "ops", "runs")
    define(con)


def _change_earlier(session: Session) -> None:
    """Bring items of earlier runs, and who has them, to where this run's decisions have left them."""
    con = session.con
    change(con, "earlier_items")
    _forestall(con)
    change(con, "earlier_owners")
    change(con, "duplicate_owners")


def _forestall(con: duckdb.DuckDBPyConnection) -> None:
    """Take back recorded owners of earlier runs who, the router having moved the item before, never got it."""
    make_temp(con, "intermediate", "int_forestalled")
    if not one_value(con, "select exists (from int_forestalled)"):
        return
    change(con, "forestalled_gone")
    change(con, "forestalled_before")


def is_idle(session: Session, found: Found) -> bool:
    """Whether the steps found nothing that is not decided already."""
    has_news = session.count(
        "select (select count(*) from ops.ingested_files where run_id = getvariable('run_id'))"
        " + (select count(*) from ops.withdrawn_files where run_id = getvariable('run_id'))"
    )
    counts = (found.due_count, found.rotation.decision_count, found.rotation.breach_count, found.event_count)
    # The first run after an upgrade is never idle: the copy that analysts read needs the new columns, committed.
    return not (any(counts) or has_news > 0 or session.is_upgraded)


def check_invariants(session: Session, found: Found) -> Mapping[str, int]:
    """Prove the invariants on what is about to be committed; return violations by check, all 0.

    Raises InvariantError naming every one that fails.
    """
    suites = quality.load_suites(expectations_folder())
    # Of an idle run nothing is committed, so Great Expectations need not be imported for it.
    for name in () if is_idle(session, found) else PUBLISHED_SUITES:
        if session.count(f"select count(*) from marts.{name}"):
            quality.run_suite(session.con, suites[name], f"marts.{name}", {})
    counts: dict[str, int] = {}
    broken = []
    for check in layer_files("checks"):
        count = session.count(f"select count(*) from ({check.statement})")
        counts[check.name] = count
        if count:
            broken.append(Problem("warehouse", None, None, check.name.upper(), f"{count} rows: {check.description}"))
    if broken:
        raise InvariantError("an invariant does not hold; everything was rolled back:", broken)
    return counts


def report_run(session: Session, found: Found) -> RunReport:
    """What the run has to say, read before its temporary tables go."""
    ingest = found.ingest
    refused = tuple(problem for file in ingest.files for problem in file.problems if file.status == "refused")
    # Rows that were set aside are in the counts by code; what is said of whole files is for their reader.
    warned = tuple(
        problem
        for file in ingest.files
        for problem in file.problems
        if file.status != "refused" and problem.row is None
    )
    return RunReport(
        run_id=session.run_id,
        status="degraded" if refused else "done",
        as_of=found.as_of,
        until=found.until,
        frontier=_instant(session, "select arg_max(frontier_at, run_id) from ops.runs"),
        feeds=summary.feed_lines(session),
        owners=summary.owner_lines(session),
        refused=summary.refused_lines(session),
        warning_counts=summary.warning_lines(session),
        problems=refused,
        warnings=(*session.warnings, *warned),
        follow_up=summary.follow_up(session),
        afterwards=after_lines(session),
        held_total=session.count("select count(*) from ops.router_holds"),
        decisions=found.rotation.decision_count,
    )


def _instant(session: Session, query: str) -> datetime | None:
    value = session.scalar(query)
    return value if isinstance(value, datetime) else None
