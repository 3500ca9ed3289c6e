"""What happened to items after they came: activities and closing rows as events of the router and of the measures.

Belongs here: which words mean what, when an event counts, and what has to wait for its time or its item. Does not
belong here: what the router makes of an event (core), and service levels (sql/marts).

An event counts from the latest of three instants on: when it happened, one microsecond after its item was decided,
and one microsecond after the frontier its delivery found. So no decision made before could have known of it, and
cutting the same deliveries into other runs changes nothing.
"""

from __future__ import annotations

import polars as pl

from rr_pipeline.config.matching import fold_word
from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.routing.policy_conditions import folded_word, register_fold
from rr_pipeline.session.session import Session
from rr_pipeline.steps.news import find_owner_rows, settle_owner_news
from rr_pipeline.warehouse.sql_files import change, declare, fill, insert_rows, make_temp


def _words(policy: PolicyVersion) -> list[list[str]]:
    touches, closing = policy.touches, policy.closing
    words = (touches.kinds, closing.outcomes, closing.statuses, policy.returns.outcomes, touches.not_held)
    return [sorted(set(map(fold_word, one))) for one in words]


def read_words(session: Session) -> None:
    """Leave TEMP ``int_event_words``, and what the new rows say of status and outcome as lists of words do.

    ``int_closing_statuses`` (status, status_text): statuses that close an item in some version. ``int_outcome_texts``
    (outcome, outcome_text): outcomes of new activities.
    """
    con = session.con
    register_fold(con)
    con.execute(f"create or replace temp macro word_of(x) as {folded_word('x')}")
    make_temp(con, "intermediate", "int_event_words")
    words = [(number, *_words(policy)) for number, policy in enumerate(session.project.policies, start=1)]
    fill(con, "int_event_words", words)
    make_temp(con, "intermediate", "int_closing_statuses")
    make_temp(con, "intermediate", "int_outcome_texts")


def settle_deliveries(session: Session) -> None:
    """Leave TEMP ``int_batches``: the frontier each delivery found, and the one it leaves; and ``int_closes``.

    Needs TEMP ``int_arrivals``; sets the variable ``events_until_at``, up to which this run takes events.
    """
    con = session.con
    for table in ("int_waiting_activities", "int_waiting_closings", "int_item_activities"):
        declare(con, "intermediate", table)
    read_words(session)
    make_temp(con, "intermediate", "int_closing_rows")
    find_owner_rows(session)
    for table in ("int_told", "int_past_runs", "int_told_again", "int_batches", "int_closes"):
        make_temp(con, "intermediate", table)
    con.execute("delete from intermediate.int_waiting_closings")
    insert_rows(con, "waiting_closings")
    con.execute(
        "set variable events_until_at = (select greatest(getvariable('until_at'), max(closes_at), "
        "(select max(withdrawn_at) from ops.withdrawn_files where run_id = getvariable('run_id'))) from int_batches)"
    )


def settle_events(session: Session) -> int:
    """Leave TEMP ``int_item_events``, all that is news to this run; return how many they are.

    Notes which activities have to wait.
    """
    con = session.con
    make_temp(con, "intermediate", "int_earlier_items")
    for table in (
        "int_new_activities",
        "int_item_matches",
        "int_contact_matches",
        "int_activity_events",
        "int_closing_events",
        "int_withdrawal_events",
        "int_item_events",
    ):
        make_temp(con, "intermediate", table)
    _note_waiting(session)
    change(con, "events_ahead")
    make_temp(con, "intermediate", "int_reopened")
    make_temp(con, "intermediate", "int_reopened_at")
    return session.count("select count(*) from int_item_events")


def _note_waiting(session: Session) -> None:
    con = session.con
    make_temp(con, "intermediate", "int_still_waiting")
    change(con, "waiting_taken")
    if session.count("select count(*) from int_still_waiting"):
        insert_rows(con, "still_waiting")


def read_events(session: Session) -> pl.DataFrame:
    """Events for the router, in its order; only of items it may know. Leaves TEMP ``int_router_events``."""
    con = session.con
    settle_owner_news(session)
    make_temp(con, "intermediate", "int_router_events")
    events = con.sql("select * exclude (place) from int_router_events order by place")
    return pl.DataFrame(events.to_arrow_table())


def record_events(session: Session) -> None:
    """Append this run's events to intermediate.int_item_activities, once it is known who has had which item."""
    con = session.con
    make_temp(con, "intermediate", "int_owner_touches")
    insert_rows(con, "item_activities")
