"""Whom messages to managers go to in this run, as a table that SQL joins.

Belongs here: reading who manages whom, and leaving who is told. Does not belong here: the way up (core/managers.py).
"""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import polars as pl

from rr_pipeline.core.managers import Lines, managers_over_time
from rr_pipeline.core.model import FAR_PAST_US
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.instants import to_us
from rr_pipeline.warehouse.sql_files import ask, lend_temp

_SCHEMA = pl.Schema({"user_id": pl.String, "level": pl.Int64, "from_us": pl.Int64, "manager_id": pl.String})


def write_managers(con: duckdb.DuckDBPyConnection, people: People) -> None:
    """Leave TEMP ``int_managers``: for members of pools, and owners whose manager this run tells something.

    Needs TEMP ``int_user_versions`` and ``int_policy_members``, and this run's rows of marts.fct_breaches.
    """
    lines = _lines(con, people)
    rows = [
        (user, level, from_us, manager)
        for user, level in ask(con, "managers_wanted")
        for from_us, manager in managers_over_time(lines, user, level)
    ]
    frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
    lend_temp(con, "intermediate", "int_managers", frame.to_arrow(), {"far_past_us": FAR_PAST_US})


def _lines(con: duckdb.DuckDBPyConnection, people: People) -> Lines:
    told: dict[str, list[tuple[int, str | None]]] = {}
    for user, from_at, manager in ask(con, "manager_rows"):
        told.setdefault(user, []).append((to_us(from_at, FAR_PAST_US), manager))
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
        return {edge for spans in (active, away) for span in spans.get(user, ()) for edge in span}

    return Lines(told, is_there, lambda user, at_us: None, edges)


def _holds(spans: Mapping[str, list[tuple[int, int]]], user: str, at_us: int) -> bool:
    return any(from_us <= at_us < until_us for from_us, until_us in spans.get(user, ()))
