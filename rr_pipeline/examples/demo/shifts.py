"""When the demo's people work: calendars of pools, shifts of single members, and the next instant on duty.

Belongs here: working hours and holidays as the policies write them and as the generator reckons with them. Does not
belong here: what follows from them in a run; vacations and holidays are left out of the reckoning.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np

from rr_pipeline.config.hours import Blocks, Calendar
from rr_pipeline.examples.demo.draw import Ints
from rr_pipeline.examples.demo.tables import rows
from rr_pipeline.examples.demo.team import POOLS, USERS
from rr_pipeline.examples.demo.timing import DAY, EPOCH, SECOND

MINUTE = 60 * SECOND
WEEK = 7 * DAY
_MONDAY = 4 * DAY  # 1970-01-05, the first Monday
_ZONES = {user.alias: user.zone for user in USERS}

_CALENDARS = {row["pool"]: row for row in rows("calendars.csv")}
_SHIFTS = {(row["pool"], row["alias"]): row["hours"] for row in rows("pools.csv") if row["hours"]}


def hours_yaml(text: str) -> str:
    """Spell ``mon-thu 08:00-12:00, 13:00-16:00; fri 08:00-15:00`` as a policy does."""
    days = (part.strip().partition(" ") for part in text.split(";"))
    return "{" + ", ".join(f"{day}: [{blocks}]" for day, _, blocks in days) + "}"


def calendars_yaml() -> str:
    """Return the calendars of a policy, one entry a line or two."""
    lines = []
    for row in _CALENDARS.values():
        if row["calendar"]:
            lines += [f"  {row['calendar']}:", f"    hours: {hours_yaml(row['hours'])}"]
            lines += [f"    holidays: [{row['holidays']}]"] if row["holidays"] else []
    return "\n".join(lines)


def pool_lines(pool: str) -> list[str]:
    """Return what a policy says of a pool's own working time."""
    row = _CALENDARS[pool]
    if row["calendar"]:
        return [f"calendar: {row['calendar']}"]
    return [f"hours: {hours_yaml(row['hours'])}"] if row["hours"] else []


def member_lines(pool: str, alias: str) -> list[str]:
    """Return what a policy says of a member's working time where it is not that of the pool."""
    lines = [f"hours: {hours_yaml(_SHIFTS[pool, alias])}"] if (pool, alias) in _SHIFTS else []
    own = next(user.holidays for user in USERS if user.alias == alias)
    if own and own != _CALENDARS[pool]["holidays"]:
        lines.append(f"holidays: [{own}]")
    return lines


def on_duty(pool: str, alias: str, instants: Ints) -> Ints:
    """Return for each instant the first one from it on at which this member is at work (microseconds)."""
    starts, ends = _week(_SHIFTS.get((pool, alias), _CALENDARS[pool]["hours"]))
    local = instants + _offsets(_ZONES[alias], instants) - _MONDAY
    within = local % WEEK
    block = np.searchsorted(ends, within, side="right")
    waits: Ints = np.maximum(starts[block] - within, 0)
    return instants + waits


@cache
def _week(hours: str) -> tuple[Ints, Ints]:
    """Starts and ends of the blocks of a week in microseconds, and one block of the weeks before and after it."""
    days = (part.strip().partition(" ") for part in hours.split(";"))
    written = {day: [block.strip() for block in blocks.split(",")] for day, _, blocks in days}
    blocks: Blocks = Calendar.model_validate({"hours": written}).hours or ()
    edges = np.array(blocks, dtype=np.int64) * MINUTE
    around = np.concatenate([edges[-1:] - WEEK, edges, edges[:1] + WEEK])
    return around[:, 0], around[:, 1]


def _offsets(zone: str, instants: Ints) -> Ints:
    """Offsets from UTC, of each UTC day as at its noon: near enough for when somebody begins to work."""
    days, where = np.unique(instants // DAY, return_inverse=True)
    tz = ZoneInfo(zone)
    noons = (EPOCH + timedelta(days=int(day), hours=12) for day in days)
    seconds = [(noon.astimezone(tz).utcoffset() or timedelta()).total_seconds() for noon in noons]
    return np.array(seconds, dtype=np.int64)[where.ravel()] * SECOND if len(instants) else instants


MEMBERS: tuple[tuple[tuple[str, int, frozenset[str]], ...], ...] = tuple(
    tuple((alias, weight, frozenset(skills.replace(" ", "").split(","))) for alias, weight, skills in roster)
    for roster in POOLS.values()
)
"""For each pool of ``POOLS``: its members with weight and skills."""
