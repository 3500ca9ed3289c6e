"""Windows of limits that a warehouse of an earlier version counted otherwise, or not at all, counted again.

Belongs here: the state as it is read by the first run after the upgrade: hours that were those of UTC, and windows that
the state does not have yet. Does not belong here: the upgrade itself (warehouse/schema.py), or where a window begins
(core/limits.py, core/calendar).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import polars as pl

from rr_pipeline.core.calendar.local_time import DAY_US, HOUR_US, day_starts, hour_starts
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.limits import DATED, Window
from rr_pipeline.core.model import Policy
from rr_pipeline.routing.counting_zones import Stretch, stretches_of_members, stretches_of_users
from rr_pipeline.warehouse.sql_files import ask

_LONGEST_HOUR_US = 6 * HOUR_US
"""More than any hour lasts, also where clocks are turned back."""

Gifts = Mapping[Any, Sequence[int]]
"""When something was given, by whose it is: (pool, member) or user."""

Zones = Mapping[Any, Sequence[Stretch]]


def count_windows_again(con: duckdb.DuckDBPyConnection, state: RouterState, policies: Sequence[Policy]) -> RouterState:
    """Return the state with all windows of all members and users, in their own clocks; mostly it is so already."""
    has_old_hours = any((frame["hour_window"] < 0).any() for frame in (state.members, state.users))
    missing = [one for one in DATED if state.members[f"{one.span}_window"].null_count()]
    if state.frontier_us is None or not (has_old_hours or missing):
        return state
    most_days = max((one.most_days or 0) + 2 for one in missing) if missing else 0
    gifts = _gifts(con, state.frontier_us - max(_LONGEST_HOUR_US, most_days * DAY_US))
    of_users: dict[str, list[int]] = {}
    for (_, member), times in sorted(gifts.items()):
        of_users.setdefault(member, []).extend(times)
    of_members = stretches_of_members(policies)
    members, users = state.members, state.users
    if has_old_hours:
        members = _counted(members, ["pool_id", "member_id"], gifts, of_members)
        users = _counted(users, ["user_id"], of_users, stretches_of_users(policies))
    for window in missing:
        members = _begun(members, ["pool_id", "member_id"], gifts, of_members, window)
        users = _begun(users, ["user_id"], of_users, stretches_of_users(policies), window)
    return replace(state, members=members, users=users)


def _gifts(con: duckdb.DuckDBPyConnection, since_us: int) -> dict[tuple[str, str], list[int]]:
    """Return when each member was given something since then, in order, kept items that count included."""
    rows = ask(con, "gifts", {"since_us": since_us})
    found: dict[tuple[str, str], list[int]] = {}
    for pool, member, at_us in rows:
        found.setdefault((pool, member), []).append(at_us)
    return found


def _whose(frame: pl.DataFrame, keys: list[str]) -> list[Any]:
    return [row if len(row) > 1 else row[0] for row in frame.select(keys).rows()]


def _counted(frame: pl.DataFrame, keys: list[str], gifts: Gifts, zones: Zones) -> pl.DataFrame:
    """Count the hours again that are those of UTC."""
    windows, counts = frame["hour_window"].to_list(), frame["hour_count"].to_list()
    for place, whose in enumerate(_whose(frame, keys)):
        if windows[place] is not None and windows[place] < 0:
            windows[place], counts[place] = _last_hour(sorted(gifts.get(whose, ())), zones.get(whose, ()))
    return _with_window(frame, "hour", windows, counts)


def _begun(frame: pl.DataFrame, keys: list[str], gifts: Gifts, zones: Zones, window: Window) -> pl.DataFrame:
    """Count what was given in the last window of a kind that the state does not have yet."""
    # Weeks of the state say which day they begin on; day 0 was a Thursday.
    weekdays = (frame["week_window"].fill_null(0) + 3) % 7
    windows, counts = [0] * frame.height, [0] * frame.height
    for place, (whose, weekday) in enumerate(zip(_whose(frame, keys), weekdays, strict=True)):
        days = [_day(at_us, zones.get(whose, ())) for at_us in sorted(gifts.get(whose, ()))]
        begins = [window.first_day(day, weekday) for day in days] if window.first_day is not None else []
        if begins:
            windows[place], counts[place] = begins[-1], begins.count(begins[-1])
    return _with_window(frame, window.span, windows, counts)


def _with_window(frame: pl.DataFrame, span: str, windows: list[int], counts: list[int]) -> pl.DataFrame:
    return frame.with_columns(
        pl.Series(f"{span}_window", windows, pl.Int64), pl.Series(f"{span}_count", counts, pl.Int64)
    )


def _zone_at(at_us: int, stretches: Sequence[Stretch]) -> str:
    return next((zone for zone, from_us, until_us in stretches if from_us <= at_us < until_us), "UTC")


def _day(at_us: int, stretches: Sequence[Stretch]) -> int:
    """Return the local day of an instant, since 1970."""
    found: int = day_starts(_zone_at(at_us, stretches), at_us, at_us).day[0]
    return int(found)


def _last_hour(times: Sequence[int], stretches: Sequence[Stretch]) -> tuple[int, int]:
    """Return the hour in which the last one of ``times`` lies, and how many of them do."""
    starts = []
    for at_us in times:
        zone = _zone_at(at_us, stretches)
        starts.append(int(hour_starts(zone, np.array([at_us], dtype=np.int64))[0]))
    return (starts[-1], starts.count(starts[-1])) if starts else (0, 0)
