"""Whom messages to managers go to in this run, as a table that SQL joins.

Belongs here: reading who manages whom, and leaving who is told. Does not belong here: the way up (core/managers.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import polars as pl

from rr_pipeline.config import PolicyVersion
from rr_pipeline.core.managers import Lines, managers_over_time
from rr_pipeline.core.model import FAR_PAST_US
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import to_us
from rr_pipeline.warehouse.sql_files import ask, lend_temp

_SCHEMA = pl.Schema({"user_id": pl.String, "level": pl.Int64, "from_us": pl.Int64, "manager_id": pl.String})


def write_managers(con: duckdb.DuckDBPyConnection, people: People, policies: Sequence[PolicyVersion]) -> None:
    """Leave TEMP ``int_managers``: for members of pools, and owners whose manager this run tells something.

    Needs TEMP ``int_user_versions`` and ``int_policy_members``, and this run's rows of marts.fct_breaches.
    """
    lines = _lines(con, people, policies)
    rows = [
        (user, level, from_us, manager)
        for user, level in ask(con, "managers_wanted")
        for from_us, manager in managers_over_time(lines, user, level)
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    lend_temp(con, "intermediate", "int_managers", frame.to_arrow(), {"far_past_us": FAR_PAST_US})


def _lines(con: duckdb.DuckDBPyConnection, people: People, policies: Sequence[PolicyVersion]) -> Lines:
    told: dict[str, list[tuple[int, str | None]]] = {}
    deputies = _deputies(policies)
    for user, from_at, manager, deputy in ask(con, "manager_rows"):
        from_us = to_us(from_at, FAR_PAST_US)
        told.setdefault(user, []).append((from_us, manager))
        if deputy is not None:
            deputies.setdefault(user, []).append((from_us, deputy))
    active: dict[str, list[tuple[int, int]]] = {}
    for user, from_us, until_us in people.intervals:
        active.setdefault(user, []).append((from_us, until_us))
    away: dict[str, list[tuple[int, int]]] = {}
    for one in people.absences:
        away.setdefault(one.member_id, []).append((one.from_us, one.until_us))

    def is_there(user: str, at_us: int) -> bool:
        # Of whom no feed says anything nothing says that they are gone.
        is_active = user not in people.known_from_us or _holds(active, user, at_us)
        return is_active and not _holds(away, user, at_us)

    def edges(user: str) -> set[int]:
        told = deputies.get(user, ())
        names = [user, *(deputy for _, deputy in told)]
        instants = {edge for name in names for spans in (active, away) for span in spans.get(name, ()) for edge in span}
        return instants | {from_us for from_us, _ in told}

    def deputy_of(user: str, at_us: int) -> str | None:
        known = [deputy for from_us, deputy in sorted(deputies.get(user, ())) if from_us <= at_us]
        return known[-1] if known else None

    return Lines(told, is_there, deputy_of, edges)


def _deputies(policies: Sequence[PolicyVersion]) -> dict[str, list[tuple[int, str]]]:
    """Return who stands in for whom by the policies, and from when on."""
    found: dict[str, list[tuple[int, str]]] = {}
    for number, policy in enumerate(policies):
        from_us = to_us(policy.effective_from, FAR_PAST_US) if number else FAR_PAST_US
        for one in policy.users:
            if one.deputy is not None:
                found.setdefault(one.user, []).append((from_us, one.deputy))
    return found


def _holds(spans: Mapping[str, list[tuple[int, int]]], user: str, at_us: int) -> bool:
    return any(from_us <= at_us < until_us for from_us, until_us in spans.get(user, ()))
