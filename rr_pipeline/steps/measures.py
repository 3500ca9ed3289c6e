"""Steps 9 and 10 of a run: what was decided becomes tables, and is proved before anything is committed."""

from __future__ import annotations

from datetime import datetime

import duckdb

from rr_pipeline import quality
from rr_pipeline.errors import InvariantError, Problem
from rr_pipeline.routing.policy_versions import write_dimensions
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.session import Session
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.steps import summary
from rr_pipeline.steps.events import record_events
from rr_pipeline.steps.outbox_messages import write_outbox
from rr_pipeline.steps.sla import write_sla
from rr_pipeline.steps.summary import count_outcomes
from rr_pipeline.steps.summary_after import after_lines
from rr_pipeline.warehouse import one_value
from rr_pipeline.warehouse.definitions import define, rebuild
from rr_pipeline.warehouse.sql_files import append, layer_files, make_temp

PUBLISHED_SUITES = ("fct_items", "fct_decisions", "fct_ownership")


def write_marts(session: Session) -> None:
    """Append this run's rows to the fact tables, settle items held before, make the dimensions and views again."""
    con = session.con
    assert session.people is not None
    write_dimensions(session, session.people)
    for table in ("int_refused_items", "int_item_ends", "int_owner_ends"):
        make_temp(con, "intermediate", table)
    append(con, "marts", "fct_decisions")
    append(con, "marts", "fct_breaches")
    append(con, "marts", "fct_settlements")
    append(con, "marts", "fct_items")
    append(con, "marts", "fct_ownership")
    _change_earlier(session)
    record_events(session)
    append(con, "marts", "fct_item_events")
    write_sla(session)
    write_outbox(session)
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
    con.execute(
        """
        update marts.fct_items as items
        set outcome = ends.outcome,
            outcome_reason = if(
                ends.outcome = 'assigned', coalesce(items.route_flag, ends.outcome_reason), ends.outcome_reason
            ),
            owner_id = ends.owner_id,
            assigned_at = ends.assigned_at,
            first_assigned_at = coalesce(items.first_assigned_at, ends.first_assigned_at),
            pool_id = ends.pool_id,
            queue_id = ends.queue_id,
            run_id = getvariable('run_id')
        from int_item_ends as ends
        where items.item_seq = ends.item_seq and ends.item_seq <= getvariable('last_item_seq')
        """
    )
    _forestall(con)
    con.execute(
        """
        update marts.fct_ownership as ownership
        set until_at = ends.decided_at, run_id = getvariable('run_id')
        from (select item_seq, min(decided_at) as decided_at from int_owner_ends group by all) as ends
        where ownership.item_seq = ends.item_seq and ends.item_seq <= getvariable('last_item_seq')
            and ownership.until_at is null and ownership.run_id <> getvariable('run_id')
        """
    )


def _forestall(con: duckdb.DuckDBPyConnection) -> None:
    """Take back recorded owners of earlier runs who, the router having moved the item before, never got it."""
    con.execute(
        """
        create or replace temp table int_forestalled as
        select owned.item_seq, owned.from_at, ends.decided_at
        from marts.fct_ownership as owned
        inner join (select item_seq, min(decided_at) as decided_at from int_owner_ends group by all) as ends
            on ends.item_seq = owned.item_seq
        where owned.cause = 'manual' and owned.run_id <> getvariable('run_id') and owned.from_at >= ends.decided_at
        """
    )
    if not one_value(con, "select exists (from int_forestalled)"):
        return
    con.execute(
        """
        delete from marts.fct_ownership as owned using int_forestalled as gone
        where owned.item_seq = gone.item_seq and owned.from_at = gone.from_at and owned.cause = 'manual'
        """
    )
    con.execute(
        """
        update marts.fct_ownership as owned
        set until_at = lasting.decided_at, run_id = getvariable('run_id')
        from (
            select item_seq, max(from_at) as from_at, any_value(gone.decided_at) as decided_at
            from marts.fct_ownership as earlier
            inner join (select distinct item_seq, decided_at from int_forestalled) as gone using (item_seq)
            where earlier.run_id <> getvariable('run_id')
            group by all
        ) as lasting
        where owned.item_seq = lasting.item_seq and owned.from_at = lasting.from_at
            and owned.run_id <> getvariable('run_id')
        """
    )


def is_idle(session: Session) -> bool:
    """Whether the steps found nothing that is not decided already."""
    has_news = session.count("select count(*) from ops.ingested_files where run_id = getvariable('run_id')") > 0
    counts = (session.due_count, session.decision_count, session.breach_count, session.event_count)
    # The first run after an upgrade is never idle: the copy that analysts read needs the new columns, committed.
    return not (any(counts) or has_news or session.is_upgraded)


def check_invariants(session: Session) -> None:
    """Prove the invariants on what is about to be committed. Raises InvariantError naming every one that fails."""
    suites = quality.load_suites(expectations_folder())
    # Of an idle run nothing is committed, so Great Expectations need not be imported for it.
    for name in () if is_idle(session) else PUBLISHED_SUITES:
        if session.count(f"select count(*) from marts.{name}"):
            quality.run_suite(session.con, suites[name], f"marts.{name}", {})
    broken = []
    for check in layer_files("checks"):
        count = session.count(f"select count(*) from ({check.statement})")
        session.checks[check.name] = count
        if count:
            broken.append(Problem("warehouse", None, None, check.name.upper(), f"{count} rows: {check.description}"))
    if broken:
        raise InvariantError("an invariant does not hold; everything was rolled back:", broken)


def report_run(session: Session) -> RunReport:
    """What the run has to say, read before its temporary tables go."""
    ingest = session.ingest
    assert ingest is not None
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
        as_of=session.as_of,
        until=session.until,
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
        decisions=session.decision_count,
    )


def _instant(session: Session, query: str) -> datetime | None:
    value = session.scalar(query)
    return value if isinstance(value, datetime) else None
