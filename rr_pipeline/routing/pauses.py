"""Pauses by the operator as the router takes them: rows of exceptions.csv that runs have noted.

Belongs here: what pauses and resumes come to. Does not belong here: reading the file (exception_tokens.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import duckdb

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Pause
from rr_pipeline.session.instants import to_us
from rr_pipeline.warehouse.sql_files import table_exists

Noted = tuple[str, str, str, datetime | None, datetime | None]
"""Pool, member (one of them may be empty), pause or resume, and from when until when it counts."""


def load_pauses(con: duckdb.DuckDBPyConnection) -> list[Pause]:
    """Return the pauses that runs have noted, those that a resume has ended as far as they went."""
    if not table_exists(con, "ops.exception_tokens"):
        return []
    rows = con.execute(
        "select pool_id, member_id, kind, effective_at, expires_at from ops.exception_tokens "
        "where kind in ('pause', 'resume') order by position"
    ).fetchall()
    return pauses_of(rows)


def pauses_of(rows: Iterable[Noted]) -> list[Pause]:
    """Return the pauses of rows in the order noted.

    A resume ends, from its own start on, the pauses of the same pool and member that were noted before it.
    """
    found: list[Pause] = []
    for pool, member, kind, start, end in rows:
        from_us = to_us(start, FAR_PAST_US)
        if kind == "pause":
            found.append(Pause(pool or None, member or None, from_us, to_us(end, FAR_FUTURE_US)))
        else:
            found = [_ended(one, from_us) if _is_of(one, pool, member) else one for one in found]
    return [one for one in found if one.from_us < one.until_us]


def _is_of(one: Pause, pool: str, member: str) -> bool:
    return (one.pool_id or "", one.member_id or "") == (pool, member)


def _ended(one: Pause, at_us: int) -> Pause:
    return Pause(one.pool_id, one.member_id, one.from_us, min(one.until_us, at_us))
