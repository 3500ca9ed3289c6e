"""Versions of what items belong to: accounts, contacts, opportunities and users, as each delivery left them.

Belongs here: which of several rows of one id counts. Does not belong here: what a version decides.

Of several rows of an id the one updated later counts, then the one delivered later; of rows of one delivery that are
equally new the one in the file whose name is last, then the last row: exports that carry their day in the file name
come out right even where nobody told us of it. A delivery that is older than what is known changes nothing. Changes of
owner go by the same rule, per item and instant (sql/intermediate/int_recorded_changes.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, make_temp

CONTEXTS: Mapping[str, str] = MappingProxyType(
    {"account": "account_id", "contact": "contact_id", "opportunity": "opportunity_id", "user": "user_id"}
)
"""Kind -> its id, in staging.stg_<table> of the same kind."""

RECORDS: Mapping[str, str] = MappingProxyType(
    {"account": "accounts", "contact": "contacts", "opportunity": "opportunities", "user": "users"}
)
"""Kind -> the canonical table of its rows."""


def make_versions(session: Session, has_new_files: bool) -> None:
    """Leave TEMP views ``int_account_versions`` and so on: per id, one row for each delivery that tells something new.

    Warns of rows of this run that tie, for each table (ID_REPEATED).
    """
    for kind, table in RECORDS.items():
        make_temp(session.con, "intermediate", "record_versions", record=kind, table=table)
    if not has_new_files:
        return  # a restatement: warned of when they came
    for kind, table in RECORDS.items():
        tied = ask(session.con, "tied_records", record=kind, table=table)
        _warn_of_ties(session, f"ids of {table}", CONTEXTS[kind], tied)


def warn_of_tied_history(session: Session) -> None:
    """Warn of users who got one item at one instant, by one delivery of this run, where a policy goes by history.

    Needs TEMP ``int_precedence`` and ``int_known_users``. For runs that take files up.
    """
    if session.count("select count(*) from int_precedence where claim = 'history'"):
        tied = ask(session.con, "tied_history")
        _warn_of_ties(session, "changes of ownership_history", "object_type, item_id, from_at", tied)


def _warn_of_ties(session: Session, what: str, key: str, tied: list[tuple[Any, ...]]) -> None:
    ((count, place),) = tied
    if count:
        file_name, row, source = place
        text = (
            f"{count} {what} come several times in one delivery with different values, this row among them. "
            "Of rows equally new the one in the file whose name is last counts, then the last row. Set `delivered_at` "
            f"of source {source}, so that its files have an order, or map updated_at."
        )
        session.warnings.append(Problem(str(file_name), row, key.rsplit(", ", maxsplit=1)[-1], "ID_REPEATED", text))
