"""Step 8 of a run: the rotation. Arrivals and feeds go to the router as frames; decisions come back as tables."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from rr_pipeline.config.sources import Source
from rr_pipeline.core.model import FAR_FUTURE_US
from rr_pipeline.core.past_runs import PastRun, ToldBefore
from rr_pipeline.core.router import is_compiled, route_into
from rr_pipeline.routing.counting_zones import write_zones
from rr_pipeline.routing.earlier_windows import count_windows_again
from rr_pipeline.routing.exception_tokens import load_exceptions
from rr_pipeline.routing.policy_versions import router_policies
from rr_pipeline.routing.router_input import read_arrivals
from rr_pipeline.routing.router_output import Sink
from rr_pipeline.routing.router_state import load_state, save_state
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.session import Session
from rr_pipeline.steps.events import read_events
from rr_pipeline.steps.found import Rotation
from rr_pipeline.warehouse.sql_files import ask, make_temp


def rotate(session: Session, people: People) -> Rotation:
    """Decide what is due, held or falls due, up to the run's ``until``, and save the state with it.

    Leaves TEMP ``routed_decisions``, ``routed_breaches``, ``routed_settlements`` and ``int_item_names``; appends to
    ops.considered_log, ops.rosters, ops.fair_shares and ops.router_state.
    """
    con = session.con
    until_us = session.count("select epoch_us(getvariable('events_until_at'))")
    arrivals, traits = read_arrivals(session)
    events = read_events(session)
    policies = router_policies(session.project, people)
    leaving = people.departures
    state = count_windows_again(con, load_state(session, until_us, leaving, policies), policies)
    session.set_variables(next_decision_seq=state.next_decision_seq)
    if not is_compiled():
        session.progress("compiling the router, once on this machine", 0, None)
    tokens, pauses = load_exceptions(session)
    closes, known = _closes(session)
    sink = Sink(con)
    total = arrivals.height
    after = route_into(
        sink.take,
        arrivals,
        policies,
        people.absences,
        people.status_changes,
        tokens,
        state,
        until_us,
        lambda taken: session.progress("rotating", taken, total),
        events=events,
        traits=traits,
        day_zone=session.project.settings.time_zone,
        closes=closes,
        wait_closes=known,
        told_us=_told_us(session),
        step_closes=_step_closes(session),
        past_runs=_past_runs(session),
        told_before=_told_before(session),
        pauses=pauses,
        departures=leaving,
        stand_ins=people.stand_ins,
        deputies=people.deputies,
        waits_at_closes=any(map(session.project.decides_live, _sources_of_items(session))),
    )
    sink.close()
    _name_items(session)
    new_frontier = _new_frontier(session)
    save_state(session, state, after, new_frontier)
    write_zones(session, policies)
    return Rotation(sink.count, sink.breach_count, new_frontier)


def _told_us(session: Session) -> int:
    """Return when owners are told of what this run decides; for ever where each close tells of what it decided."""
    if session.project.settings.run_instant != "now":
        return FAR_FUTURE_US
    return session.count("select epoch_us(getvariable('as_of_at'))")


def _sources_of_items(session: Session) -> list[Source]:
    return [source for source in session.project.sources if source.table == "items"]


def _closes(session: Session) -> tuple[list[int], list[int]]:
    """Return the instants at which deliveries and earlier runs ended: steps that fall due there come just after; and
    those at which what was told is known.
    """
    rows = ask(session.con, "closes")
    return [at for at, is_end, _ in rows if is_end], [at for at, _, is_known in rows if is_known]


def _step_closes(session: Session) -> list[tuple[int, int]]:
    """Return the closes at which steps of live items may be taken, and up to when activities are known then."""
    return [(close_us, activities_us) for close_us, activities_us in ask(session.con, "step_closes")]


def _past_runs(session: Session) -> list[PastRun]:
    """Return the runs that a restatement passes again, where owners were told at their ends."""
    if session.restated_from is None or session.project.settings.run_instant != "now":
        return []
    return [PastRun(*row) for row in ask(session.con, "past_runs")]


def _told_before(session: Session) -> ToldBefore | None:
    """Return whom the runs that a restatement takes the place of had told, where it tells others now."""
    if session.restated_at is None:
        return None
    rows = session.con.sql("select item_seq, member_id, since_us, told_us from int_told_again order by all")
    anew_us = session.count("select epoch_us(getvariable('restated_at')::timestamptz)")
    return ToldBefore(pl.DataFrame(rows.to_arrow_table()), anew_us)


def _name_items(session: Session) -> None:
    """Leave TEMP ``int_item_names``: ids of this run's items, and of the earlier ones it decided something about."""
    make_temp(session.con, "intermediate", "int_item_names")


def _new_frontier(session: Session) -> datetime | None:
    # Not the run's until: the frontier is moved by what was delivered and decided, so that a run that finds nothing
    # new leaves nothing behind, and hourly runs decide as one run would.
    ((frontier,),) = ask(session.con, "new_frontier")
    return frontier if isinstance(frontier, datetime) else None
