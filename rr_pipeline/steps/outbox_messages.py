"""The last tables of a run: messages that other systems are due, written in the transaction of the decisions.

Belongs here: leaving messages in ``ops.outbox``. Does not belong here: delivering them (``delivery``), which happens
apart from runs, at any time, and as often as it takes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import append, ask, ensure_table, make_temp, read_sql

EVENTS_AT_ONCE = 200_000
"""So many events are worded and put in order at a time; more where they have one instant."""


def _stretches(session: Session) -> list[tuple[datetime, datetime]]:
    """Return stretches of time, each from an instant up to, but without, the next; together they hold all events."""
    ends = [end for (end,) in ask(session.con, "outbox_ends", {"count": EVENTS_AT_ONCE})]
    bounds = [datetime.min.replace(tzinfo=UTC), *ends, datetime.max.replace(tzinfo=UTC)]
    return list(pairwise(bounds))


def write_outbox(session: Session) -> None:
    """Append the messages of this run to ops.outbox, of the kinds that the project asks for.

    Reads this run's rows of marts.fct_decisions, fct_items and fct_breaches; leaves TEMP ``int_outbox_events``. The
    table is there also when no kind is asked for; then nothing is worked out.
    """
    con = session.con
    kinds = list(session.project.settings.outbox.messages)
    session.set_variables(outbox_messages=kinds)
    if kinds:
        make_temp(con, "intermediate", "int_outbox_events")
        for from_at, until_at in _stretches(session):
            session.set_variables(outbox_from_at=from_at, outbox_until_at=until_at)
            append(con, "ops", "outbox")
    else:
        events = read_sql("intermediate", "int_outbox_events").statement
        con.execute(f"create or replace temp table int_outbox_events as from ({events}) limit 0")
        ensure_table(con, read_sql("ops", "outbox"))
