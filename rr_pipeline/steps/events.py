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
from rr_pipeline.warehouse.sql_files import declare, fill, make_temp, table_exists

_WORDS = """
create or replace temp table int_event_words (
    policy_no integer, touch_kinds varchar[], closing_outcomes varchar[], closing_statuses varchar[],
    return_outcomes varchar[]
)
"""
_EARLIER = """
create or replace temp view int_earlier_items as
select item_seq, source, item_id, ingest_batch, decided_at, contact_id, account_id, owner_id, outcome
from marts.fct_items
where item_seq is not null
"""
_NO_EARLIER = """
create or replace temp view int_earlier_items as
select null::bigint as item_seq, null::varchar as source, null::varchar as item_id, null::bigint as ingest_batch,
    null::timestamptz as decided_at, null::varchar as contact_id, null::varchar as account_id,
    null::varchar as owner_id, null::varchar as outcome
where false
"""


def _words(policy: PolicyVersion) -> list[list[str]]:
    words = (policy.touches.kinds, policy.closing.outcomes, policy.closing.statuses, policy.returns.outcomes)
    return [sorted(set(map(fold_word, one))) for one in words]


def read_words(session: Session) -> None:
    """Leave TEMP ``int_event_words``, and what the new rows say of status and outcome as lists of words do.

    ``int_closing_statuses`` (status, status_text): statuses that close an item in some version. ``int_outcome_texts``
    (outcome, outcome_text): outcomes of new activities.
    """
    con = session.con
    register_fold(con)
    con.execute(_WORDS)
    words = [(number, *_words(policy)) for number, policy in enumerate(session.project.policies, start=1)]
    fill(con, "int_event_words", words)
    con.execute(
        f"""
        create or replace temp table int_closing_statuses as
        select status, {folded_word("status")} as status_text
        from (
            select distinct status from staging.stg_items
            where file_id >= (select min(file_id) from int_arrivals)
                or file_id in (select file_id from intermediate.int_waiting_closings)
        )
        where status_text in (select unnest(closing_statuses) from int_event_words)
        """
    )
    con.execute(
        f"""
        create or replace temp table int_outcome_texts as
        select outcome, {folded_word("outcome")} as outcome_text
        from (select distinct outcome from staged_activities where outcome is not null)
        """
    )


def settle_deliveries(session: Session) -> None:
    """Leave TEMP ``int_batches``: the frontier each delivery found, and the one it leaves.

    Needs TEMP ``int_arrivals``; sets the variable ``events_until_at``, up to which this run takes events.
    """
    con = session.con
    for table in ("int_waiting_activities", "int_waiting_closings", "int_item_activities"):
        declare(con, "intermediate", table)
    read_words(session)
    for table in ("int_closing_rows", "int_told", "int_batches"):
        make_temp(con, "intermediate", table)
    con.execute("delete from intermediate.int_waiting_closings")
    con.execute(
        "insert into intermediate.int_waiting_closings select file_id, row_number from int_closing_rows where is_ahead"
    )
    con.execute(
        "set variable events_until_at = (select greatest(getvariable('until_at'), max(closes_at)) from int_batches)"
    )


def settle_events(session: Session) -> None:
    """Leave TEMP ``int_item_events``, all that is news to this run, and note which activities have to wait."""
    con = session.con
    declare(con, "ops", "router_open")
    con.execute(_EARLIER if table_exists(con, "marts.fct_items") else _NO_EARLIER)
    for table in (
        "int_new_activities",
        "int_item_matches",
        "int_contact_matches",
        "int_activity_events",
        "int_closing_events",
        "int_item_events",
    ):
        make_temp(con, "intermediate", table)
    _note_waiting(session)
    con.execute("delete from int_item_events where at_at > getvariable('events_until_at')")
    session.event_count = session.count("select count(*) from int_item_events")


def _note_waiting(session: Session) -> None:
    con = session.con
    make_temp(con, "intermediate", "int_still_waiting")
    con.execute(
        "delete from intermediate.int_waiting_activities "
        "where rowid in (select waiting_row from int_new_activities where waiting_row is not null)"
    )
    if session.count("select count(*) from int_still_waiting"):
        con.execute("insert into intermediate.int_waiting_activities by name from int_still_waiting")


def read_events(session: Session) -> pl.DataFrame:
    """Events for the router, in its order; only of items it may know. Leaves TEMP ``int_router_events``."""
    con = session.con
    make_temp(con, "intermediate", "int_router_events")
    events = con.sql("select * exclude (place) from int_router_events order by place")
    return pl.DataFrame(events.to_arrow_table())


def record_events(session: Session) -> None:
    """Append this run's events to intermediate.int_item_activities, once it is known who has had which item."""
    con = session.con
    make_temp(con, "intermediate", "int_owner_touches")
    con.execute(
        """
        insert into intermediate.int_item_activities by name
        select item_seq, activity_id, source, kind, user_id, occurred_at, at_at, ingest_batch,
            getvariable('run_id') as run_id
        from (
            from int_item_events where not is_by_contact
            union all by name
            from int_owner_touches
        )
        order by at_at, item_seq, kind, source, activity_id
        """
    )
