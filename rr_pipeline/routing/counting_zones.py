"""In which zone the days of each member and user are counted, from when to when: what the invariants recount limits by.

Belongs here: zones of people over time as rows, and the offsets of those zones. Does not belong here: where the zones
come from (people.py, compiled.py), or what is counted (sql/checks).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TypeVar

import duckdb
import polars as pl

from rr_pipeline.core.calendar.local_time import ZONE_OFFSETS, zone_offsets
from rr_pipeline.core.limits import ENDING
from rr_pipeline.core.model import Policy
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask, lend_temp, read_sql

Who = TypeVar("Who", bound=Hashable)
What = TypeVar("What")

_OFFSETS = pl.Schema({"zone": pl.String, **dict.fromkeys(ZONE_OFFSETS, pl.Int64)})
_STRETCH = {"time_zone": pl.String, "from_us": pl.Int64, "until_us": pl.Int64}
_MEMBERS = pl.Schema({"pool_id": pl.String, "member_id": pl.String, **_STRETCH})
_USERS = pl.Schema({"user_id": pl.String, **_STRETCH})

Stretch = tuple[str, int, int]


def write_zones(session: Session, policies: Sequence[Policy]) -> None:
    """Leave TEMP ``int_member_zones``, ``int_user_zones``, ``int_zone_offsets`` and what ``write_windows`` does.

    Instants are UTC microseconds.

    The first two: one row per pool and member, or per user with limits over all pools, and stretch [from_us, until_us)
    in which its days are those of one zone; the third: one row per zone and stretch of one offset to UTC.
    """
    write_windows(session.con)
    frames = zone_frames(policies)
    zones = {zone for frame in frames.values() for zone in frame["time_zone"]}
    for name, frame in (*frames.items(), ("int_zone_offsets", _offsets(session, zones))):
        lend_temp(session.con, "intermediate", name, frame.to_arrow())


def write_windows(con: duckdb.DuckDBPyConnection) -> None:
    """Leave TEMP ``int_limit_windows`` and the macro ``limit_window``: the windows of limits that end.

    Columns: ``setting`` of a policy, ``span``: its name in the state, ``is_dated``: it begins with a local date,
    ``reach_days``: so many days back one that is not over, or the one before, can have begun.
    """
    con.execute(read_sql("intermediate", "limit_window").statement)
    rows = [(one.setting, one.span, one.first_day is not None, (one.most_days or 0) + 2) for one in ENDING]
    windows = pl.DataFrame(rows, schema=["setting", "span", "is_dated", "reach_days"], orient="row")
    lend_temp(con, "intermediate", "int_limit_windows", windows.to_arrow())


def zone_frames(policies: Sequence[Policy]) -> dict[str, pl.DataFrame]:
    """Return the rows of ``int_member_zones`` and ``int_user_zones``; those of each member and user ascend."""
    members = [(*who, *stretch) for who, stretch in _member_zones(policies)]
    users = [(who, *stretch) for who, stretch in _user_zones(policies)]
    return {
        "int_member_zones": pl.DataFrame(members, schema=_MEMBERS, orient="row"),
        "int_user_zones": pl.DataFrame(users, schema=_USERS, orient="row"),
    }


def stretches_of_members(policies: Sequence[Policy]) -> dict[tuple[str, str], list[Stretch]]:
    """Return by pool and member the stretches in which its days and hours are those of one zone, ascending."""
    return _by_key(_member_zones(policies))


def stretches_of_users(policies: Sequence[Policy]) -> dict[str, list[Stretch]]:
    """Return the same by user with limits over all pools."""
    return _by_key(_user_zones(policies))


def _by_key(rows: Iterable[tuple[Who, Stretch]]) -> dict[Who, list[Stretch]]:
    found: dict[Who, list[Stretch]] = {}
    for who, stretch in rows:
        found.setdefault(who, []).append(stretch)
    return found


def _member_zones(policies: Sequence[Policy]) -> list[tuple[tuple[str, str], Stretch]]:
    return joined(
        ((pool.pool_id, member.member_id), (member.time_zone, policy.from_us, policy.until_us))
        for policy in policies
        for pool in policy.pools
        for member in pool.members
    )


def _user_zones(policies: Sequence[Policy]) -> list[tuple[str, Stretch]]:
    # Where no limits are in force, the zone is the one of the next policy that has some, else of the last one.
    said: dict[str, list[str | None]] = {}
    for place, policy in enumerate(policies):
        for user in policy.users:
            said.setdefault(user.user_id, [None] * len(policies))[place] = user.time_zone
    frame = pl.DataFrame(said, schema=dict.fromkeys(said, pl.String))
    filled = frame.select(pl.all().backward_fill().forward_fill())
    return joined(
        (user_id, (zone, policy.from_us, policy.until_us))
        for user_id in said
        for zone, policy in zip(filled[user_id].to_list(), policies, strict=True)
    )


def joined(rows: Iterable[tuple[Who, tuple[What, int, int]]]) -> list[tuple[Who, tuple[What, int, int]]]:
    """Join stretches (what, from_us, until_us) of one and the same that meet and say the same; those of each ascend."""
    found: dict[Who, list[tuple[What, int, int]]] = {}
    for who, stretch in rows:
        stretches = found.setdefault(who, [])
        what, from_us, until_us = stretch
        if stretches and (stretches[-1][0], stretches[-1][2]) == (what, from_us):
            stretches[-1] = (what, stretches[-1][1], until_us)
        else:
            stretches.append(stretch)
    return [(who, one) for who, stretches in found.items() for one in stretches]


def _offsets(session: Session, zones: set[str]) -> pl.DataFrame:
    ((first, last),) = ask(session.con, "span_of_decisions")
    frames = []
    if isinstance(first, int) and isinstance(last, int):
        frames = [zone_offsets(zone, first, last) for zone in sorted(zones)]
    return pl.concat([pl.DataFrame(schema=_OFFSETS), *frames])
