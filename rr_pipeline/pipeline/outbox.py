"""The last tables of a run: messages that other systems are due, written in the transaction of the decisions.

Belongs here: leaving messages in ``ops.outbox``. Does not belong here: delivering them (``delivery``), which happens
apart from runs, at any time, and as often as it takes.
"""

from __future__ import annotations

from rr_pipeline.pipeline.session import Session
from rr_pipeline.warehouse.sql_files import append, ensure_table, make_temp, read_sql


def write_outbox(session: Session) -> None:
    """Append the messages of this run to ops.outbox, of the kinds that the project asks for.

    Reads this run's rows of marts.fct_decisions, fct_items and fct_breaches; leaves TEMP ``int_outbox_events``. The
    table is there also when no kind is asked for; then nothing is worked out.
    """
    con = session.con
    kinds = list(session.project.settings.outbox.messages)
    session.set_variables(outbox_messages=kinds)
    make_temp(con, "intermediate", "int_managers")
    if kinds:
        make_temp(con, "intermediate", "int_outbox_events")
        append(con, "ops", "outbox")
    else:
        events = read_sql("intermediate", "int_outbox_events").statement
        con.execute(f"create or replace temp table int_outbox_events as from ({events}) limit 0")
        ensure_table(con, read_sql("ops", "outbox"))
