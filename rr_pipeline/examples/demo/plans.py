"""What people would do with the items they might get: when somebody is at work, how soon they call, what comes of it.

Belongs here: one row per item, as whole numbers. Does not belong here: the spelling of activities (``activities``),
and who gets what, which only a run decides. So for an item with a target everybody of the likely pool who is on duty
then is made to call, each in their own time; a run counts the owner's call alone. For other items one of them calls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from rr_pipeline.examples.demo.arrivals import CRM_CASES, World
from rr_pipeline.examples.demo.cells import is_keen, is_urgent
from rr_pipeline.examples.demo.draw import Bools, Draw, Ints
from rr_pipeline.examples.demo.shifts import MEMBERS, MINUTE, on_duty
from rr_pipeline.examples.demo.team import OWNERS, POOLS, USERS

LARGEST_EMPLOYEES = 10_000
_POOL_NAMES = tuple(POOLS)
_FAILS_OVER, _RELIEF = _POOL_NAMES.index("uk_ireland"), _POOL_NAMES.index("general")
_ALIASES = tuple(user.alias for user in USERS)
# How a call comes about. Most people are quick, some are late for a target, now and then nobody calls.
QUICK, SLOW, NEVER = range(3)
_MOODS = (81, 14, 5)
_QUICK_MINUTES = (2, 4, 7, 12, 19, 28, 40)


@dataclass(frozen=True)
class Plan:
    """The items that are worked on. ``row`` is the position in the arrivals, ``pool`` in ``POOLS``.

    ``begins_us``: when the first of the pool is at work after the arrival. ``has_target``: a service level is likely to
    apply. ``known_owner``: position in ``USERS`` of whose contact or account it is, or -1.
    """

    row: Ints
    source: Ints
    pool: Ints
    begins_us: Ints
    has_target: Bools
    mood: Ints
    known_owner: Ints


@dataclass(frozen=True)
class Calls:
    """One row a call: position in the plan, position in ``USERS`` of who calls, when."""

    item: Ints
    user: Ints
    at_us: Ints


def make_plan(world: World, pool_of: Ints, owner_of_row: Ints) -> Plan:
    """Plan the items that a run should come to: no spoilt rows, no duplicates, nothing that is set aside.

    ``owner_of_row``: position in ``OWNERS`` of the owner a row's contact or account has, or -1.
    """
    rows = world.arrivals
    chosen = np.flatnonzero((rows.spoil == 0) & (pool_of >= 0))
    source, pool, dice = rows.source[chosen], pool_of[chosen], rows.dice[chosen]
    created = rows.created_us[chosen]
    is_at_once = pool == _FAILS_OVER
    pool = np.where(is_at_once & (_begins(pool, created) > created), _RELIEF, pool)
    begins = _begins(pool, created)
    is_largest = world.people.employees[rows.person[chosen]] >= LARGEST_EMPLOYEES
    owner = owner_of_row[chosen]
    actives = np.array([user.is_active for user in USERS] + [False] * (len(OWNERS) - len(USERS)))
    return Plan(
        row=chosen,
        source=source,
        pool=pool,
        begins_us=begins,
        has_target=is_urgent(source, dice) | is_keen(source, dice) | (source == CRM_CASES) | is_largest,
        mood=Draw(world.seed, "moods").pick(_MOODS, len(chosen)),
        known_owner=np.where((owner >= 0) & actives[owner], owner, -1),
    )


def _begins(pool: Ints, created: Ints) -> Ints:
    begins = np.zeros(len(pool), dtype=np.int64)
    for where, starts in _starts(pool, created):
        begins[where] = starts.min(axis=0)
    return begins


def _starts(pool: Ints, created: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield for each pool the positions of its items, and for each member (a row) when they are at work for each."""
    for number, members in enumerate(MEMBERS):
        where = np.flatnonzero(pool == number)
        yield where, np.stack([on_duty(_POOL_NAMES[number], alias, created[where]) for alias, _, _ in members])


def calls_with_target(world: World, plan: Plan) -> Calls:
    """Return the calls for items with a target, by everybody on duty when the first of the pool is."""
    parts = []
    quick = np.array(_QUICK_MINUTES)
    for number, (where, starts) in enumerate(_starts(plan.pool, world.arrivals.created_us[plan.row])):
        called = plan.has_target[where] & (plan.mood[where] != NEVER) & (plan.known_owner[where] < 0)
        for place, (alias, _, _) in enumerate(MEMBERS[number]):
            draw = Draw(world.seed, f"calls {number} {alias}")
            chance = draw.chance(9_400, len(where))
            minutes = quick[draw.below(len(quick), len(where))]
            late = 65 + draw.below(100, len(where))
            wait = (
                np.where(plan.mood[where] == SLOW, late, minutes) * MINUTE + draw.below(60, len(where)) * MINUTE // 60
            )
            mine = np.flatnonzero(called & chance & (starts[place] == plan.begins_us[where]))
            user = np.full(len(mine), _ALIASES.index(alias), dtype=np.int64)
            parts.append(Calls(where[mine], user, starts[place][mine] + wait[mine]))
    return Calls(*(np.concatenate([getattr(part, name) for part in parts]) for name in Calls.__dataclass_fields__))


def somebody(world: World, plan: Plan, name: str) -> Ints:
    """Return for each item one user who may have it: its known owner, else somebody of the pool on duty, by weight."""
    draw = Draw(world.seed, name)
    user = np.zeros(len(plan.row), dtype=np.int64)
    for number, (where, starts) in enumerate(_starts(plan.pool, world.arrivals.created_us[plan.row])):
        weights = np.array([weight for _, weight, _ in MEMBERS[number]])[:, None] * (starts == plan.begins_us[where])
        edges = np.cumsum(weights, axis=0)
        dice = draw.below(1 << 40, len(where)) % np.maximum(edges[-1], 1)
        aliases = np.array([_ALIASES.index(alias) for alias, _, _ in MEMBERS[number]])
        user[where] = aliases[(dice >= edges).sum(axis=0)]
    return np.where(plan.known_owner >= 0, plan.known_owner, user)
