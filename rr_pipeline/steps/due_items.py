"""Steps 4 to 6 of a run: which items are due, whose they already are, and which pool the others go to."""

from __future__ import annotations

from rr_pipeline.errors import Problem
from rr_pipeline.routing.member_availability import load_people
from rr_pipeline.routing.policy_versions import note_versions
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.session import Session
from rr_pipeline.steps.again import find_again_rows
from rr_pipeline.steps.arrived_closed import find_arrived_closed
from rr_pipeline.steps.delivered_owners import find_delivered_owners
from rr_pipeline.steps.events import settle_deliveries
from rr_pipeline.steps.full_lists import make_lists
from rr_pipeline.steps.record_versions import make_versions, warn_of_tied_history
from rr_pipeline.steps.references import note_references
from rr_pipeline.steps.reused_ids import note_repeated, settle_reused_ids
from rr_pipeline.steps.unlisted_words import note_unlisted
from rr_pipeline.steps.withdrawals import note_withdrawals
from rr_pipeline.warehouse.sql_files import declare, fill, insert_rows, make_temp, read_sql

MEMORY_TABLES = (
    ("intermediate", "int_item_rows"), ("intermediate", "int_waiting_rows"), ("ops", "batches"),
    ("ops", "restatements"), ("ops", "superseded_decisions"), ("ops", "repeated_rows"),
)  # fmt: skip


def settle_arrivals(session: Session, has_new_files: bool) -> int:
    """Order what is due, and return how many items are; note deliveries, items and rows that wait.

    Leaves TEMP ``int_due_items`` and friends.
    """
    con = session.con
    for layer, table in MEMORY_TABLES:
        declare(con, layer, table)
    session.set_variables(last_item_seq=_last_item_seq(session))
    note_versions(session)
    note_withdrawals(session)
    if has_new_files:
        settle_reused_ids(session)
    make_temp(con, "intermediate", "int_arrivals")
    note_repeated(session)
    settle_deliveries(session)
    note_unlisted(session, has_new_files)
    note_references(session, has_new_files)
    insert_rows(con, "batches")
    con.execute(read_sql("intermediate", "natural_order").statement)
    find_again_rows(session)
    make_temp(con, "intermediate", "int_due_items")
    make_temp(con, "intermediate", "int_first_batches")
    find_arrived_closed(session)
    con.execute("delete from intermediate.int_waiting_rows")
    insert_rows(con, "waiting_rows")
    insert_rows(con, "item_rows")
    return session.count("select count(*) from int_due_items where item_seq > 0")


def _last_item_seq(session: Session) -> int:
    return session.count("select count(*) from intermediate.int_item_rows")


def settle_owners(session: Session, has_new_files: bool) -> People:
    """Find contact, account and existing owner of each due item; return the users known by now."""
    make_versions(session, has_new_files)
    make_lists(session)
    people = load_people(session)
    for table in ("int_accounts", "int_contacts", "int_opportunities", "int_item_contexts"):
        make_temp(session.con, "intermediate", table)
    _write_precedence(session)
    if has_new_files:
        warn_of_tied_history(session)
    find_delivered_owners(session)
    for table in (
        "int_recorded_changes", "int_recorded_stretches", "int_recorded_owners", "int_owner_claims", "int_kept_owners"
    ):  # fmt: skip
        make_temp(session.con, "intermediate", table)
    _warn_of_overlaps(session)
    return people


def _warn_of_overlaps(session: Session) -> None:
    count = session.count("select count(distinct item_seq) from int_recorded_stretches where is_overlapping")
    if count:
        text = (
            f"{count} items have two recorded owners at one instant: the one who got it later counts; fix the export "
            "if that is wrong"
        )
        session.warnings.append(Problem("ownership_history", None, None, "OWNERS_OVERLAP", text))


def _write_precedence(session: Session) -> None:
    con = session.con
    make_temp(con, "intermediate", "int_precedence")
    fill(
        con,
        "int_precedence",
        [
            (number, claim, rank, policy.ownership.keep_inactive)
            for number, policy in enumerate(session.project.policies, start=1)
            for rank, claim in enumerate(policy.ownership.precedence, start=1)
        ],
    )


def settle_routing(session: Session) -> None:
    """Settle everything that is not for the rotation to decide."""
    make_temp(session.con, "intermediate", "int_routing")
    make_temp(session.con, "intermediate", "int_history_intervals")
