"""Cells that name a user by address or name get the id, as far as the users known with their delivery tell.

Belongs here: owners of accounts, contacts, opportunities and histories, managers, deputies, and who did or is away.
Does not belong here: owners that items name themselves (sql/intermediate/int_delivered_owners.sql).
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from rr_pipeline.config.policy import PolicyVersion
from rr_pipeline.errors import Problem
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, change


def find_users(session: Session) -> None:
    """Put ids in place of addresses and names in ``staging.stg_<table>``; warn of names that fit several users.

    The hash of a row stays that of what was delivered. Texts that the policy takes for ids stay as they are.
    """
    named = sorted({word.strip().lower() for policy in session.project.policies for word in _words(policy)})
    found = ask(session.con, "user_texts", {"named": named})
    columns = sorted({(str(table), str(column)) for table, column, *_ in found})
    for table, column in columns:
        rows = [row[2:] for row in found if row[:2] == (table, column)]
        means = [(text, batch, user) for text, batch, user in rows if user is not None]
        if means:
            texts, batches, users = (list(values) for values in zip(*means, strict=True))
            lent = pa.table({"text": texts, "ingest_batch": batches, "user_id": users})
            change(session.con, "user_texts", rows=lent, table=table, column=column)
        _warn(session, table, column, len({text for text, _, user in rows if user is None}))


def _warn(session: Session, table: str, column: str, count: int) -> None:
    if count:
        values = "1 value fits" if count == 1 else f"{count} values fit"
        text = (
            f"{values} more than one user by name or address, so nobody is meant. Deliver the ids of users there, or "
            "map the column that holds them."
        )
        session.warnings.append(Problem("sources.yaml", None, f"{table}.{column}", "USER_AMBIGUOUS", text))


def _words(policy: PolicyVersion) -> Iterator[str]:
    """Whoever a version names."""
    yield from (member.user for pool in policy.pools for member in pool.members)
    for user in policy.users:
        yield user.user
        if user.deputy is not None:
            yield user.deputy
    yield from (*policy.ownership.ignore_owners, *policy.ownership.trust_owners)
