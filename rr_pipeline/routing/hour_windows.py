"""Hours of limits that a warehouse of an earlier layout counted in UTC, counted again by each member's own clock.

Belongs here: the state as it is read by the first run after the upgrade. Does not belong here: the upgrade itself
(warehouse/schema.py), or what an hour is (core/calendars.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import polars as pl

from rr_pipeline.core.calendar.local_time import HOUR_US, hour_starts
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.model import Policy
from rr_pipeline.routing.counting_zones import Stretch, stretches_of_members, stretches_of_users
from rr_pipeline.warehouse.sql_files import table_exists

_LONGEST_US = 6 * HOUR_US
"""More than any hour lasts, also where clocks are turned back."""

Gifts = Mapping[Any, Sequence[int]]
"""When something was given, by whose it is: (pool, member) or user."""


def count_hours_again(con: duckdb.DuckDBPyConnection, state: RouterState, policies: Sequence[Policy]) -> RouterState:
    """Return the state with the hours of all members and users in their own clocks; mostly it is so already."""
    frames = (state.members, state.users)
    if state.frontier_us is None or not any((frame["hour_window"] < 0).any() for frame in frames):
        return state
    gifts = _gifts(con, state.frontier_us - _LONGEST_US)
    of_users: dict[str, list[int]] = {}
    for (_, member), times in sorted(gifts.items()):
        of_users.setdefault(member, []).extend(times)
    return replace(
        state,
        members=_counted(state.members, ["pool_id", "member_id"], gifts, stretches_of_members(policies)),
        users=_counted(state.users, ["user_id"], of_users, stretches_of_users(policies)),
    )


def _gifts(con: duckdb.DuckDBPyConnection, since_us: int) -> dict[tuple[str, str], list[int]]:
    """Return when each member was given something since then, in order, kept items that count included."""
    kept = "union all select pool_id, member_id, decided_at from intermediate.int_counted_kept"
    rows = con.execute(
        f"""
        select pool_id, member_id, epoch_us(decided_at) as at_us
        from (
            select pool_id, member_id, decided_at from marts.fct_decisions where kind in ('assign', 'redo', 'reassign')
            {kept if table_exists(con, "intermediate.int_counted_kept") else ""}
        )
        where at_us >= ?
        order by all
        """,
        [since_us],
    ).fetchall()
    found: dict[tuple[str, str], list[int]] = {}
    for pool, member, at_us in rows:
        found.setdefault((pool, member), []).append(at_us)
    return found


def _counted(
    frame: pl.DataFrame, keys: list[str], gifts: Gifts, stretches: Mapping[Any, Sequence[Stretch]]
) -> pl.DataFrame:
    windows, counts = frame["hour_window"].to_list(), frame["hour_count"].to_list()
    for place, row in enumerate(frame.select(keys).rows()):
        if windows[place] is not None and windows[place] < 0:
            whose = row if len(row) > 1 else row[0]
            windows[place], counts[place] = _last_hour(sorted(gifts.get(whose, ())), stretches.get(whose, ()))
    return frame.with_columns(
        pl.Series("hour_window", windows, frame["hour_window"].dtype),
        pl.Series("hour_count", counts, frame["hour_count"].dtype),
    )


def _last_hour(times: Sequence[int], stretches: Sequence[Stretch]) -> tuple[int, int]:
    """Return the hour in which the last one of ``times`` lies, and how many of them do."""
    starts = []
    for at_us in times:
        zone = next((zone for zone, from_us, until_us in stretches if from_us <= at_us < until_us), "UTC")
        starts.append(int(hour_starts(zone, np.array([at_us], dtype=np.int64))[0]))
    return (starts[-1], starts.count(starts[-1])) if starts else (0, 0)
