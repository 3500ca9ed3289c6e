"""News of items that are known already: what later deliveries say of them, beside what happened to them.

Belongs here: which rows are news, and what the router is told of them. Does not belong here: touches and closings
(``events``), and what the router makes of news (core).
"""

from __future__ import annotations

from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import declare, insert_rows, make_temp, table_exists


def find_owner_rows(session: Session) -> None:
    """Leave TEMP ``int_owner_rows``: what deliveries that close in this run say of owners of items known before."""
    declare(session.con, "intermediate", "int_waiting_news")
    make_temp(session.con, "intermediate", "int_owner_rows")
    keep_waiting(session, "owner", is_again=False)


def keep_waiting(session: Session, kind: str, *, is_again: bool) -> None:
    """Let rows of deliveries that close in a later run wait for it, in intermediate.int_waiting_news.

    A run that is bounded takes up a delivery from after its bound. ``kind``: of TEMP ``int_<kind>_rows``.
    """
    con, rows = session.con, f"int_{kind}_rows"
    waiting = f"from intermediate.int_waiting_news where is_again = {is_again}"
    if not session.scalar(f"select exists ({waiting}) or exists (from {rows} where not is_closed)"):
        return
    con.execute(f"delete {waiting}")
    insert_rows(con, f"waiting_{kind}_rows")
    con.execute(f"delete from {rows} where not is_closed")


def settle_owner_news(session: Session) -> None:
    """Leave TEMP ``int_owner_news``: owners that a person changed.

    Needs TEMP ``int_update_rules``, ``int_owner_rows``, ``int_routing`` and ``int_item_events``.
    """
    con = session.con
    make_temp(con, "intermediate", "int_told_owners")
    if session.restated_from is not None and table_exists(con, "marts.fct_decisions_before"):
        insert_rows(con, "told_before")
    make_temp(con, "intermediate", "int_owner_changes")
    make_temp(con, "intermediate", "int_last_changes")
    make_temp(con, "intermediate", "int_owner_news")
