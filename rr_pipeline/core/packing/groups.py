"""Groups of items: every (pool, traits, priority) met in a version, its number, and who has what it asks for.

Belongs here: numbers of groups, the skills they need, who is preferred, the target that applies and the group an item
goes on to. Does not belong here: the items in them (``live_items``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel.codes import NOWHERE, UNKNOWN_GROUP
from rr_pipeline.core.kernel.item_records import Group
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import TARGET_KINDS, Pool
from rr_pipeline.core.packing.ladders import Ladders
from rr_pipeline.core.packing.traits import TraitsTable
from rr_pipeline.core.packing.wait_book import Move
from rr_pipeline.core.waits import left_needs
from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]

_LARGEST_TABLE = 4_000_000
_MOST_PRIORITIES = 1 << 22
_FIRST_PRIORITY = -(1 << 31)  # priorities are stored as 32 bits


def _none() -> Int64s:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Items:
    """Columns of items, by arrival: pool is its place in the version, traits a number of the TraitsTable.

    ``person``: -1 where nobody is known; ``kept``: the user who keeps it, or ``codes.NOT_KEPT``, ``BY_SURVIVOR``;
    ``at_closes``: 1 where what is done about it while it waits is done at closes only; ``created``: when it was;
    ``named``: 1 where a person may give it to somebody in this run; ``followed`` and ``given``: as ``is_followed`` and
    ``is_given`` of an arrival. ``reopens``: as in ``Arrival``.
    """

    item: Int64s = field(default_factory=_none)
    pool: Int64s = field(default_factory=_none)
    traits: Int64s = field(default_factory=_none)
    priority: Int64s = field(default_factory=_none)
    time: Int64s = field(default_factory=_none)
    person: Int64s = field(default_factory=_none)
    kept: Int64s = field(default_factory=_none)
    at_closes: Int64s = field(default_factory=_none)
    named: Int64s = field(default_factory=_none)
    created: Int64s = field(default_factory=_none)
    followed: Int64s = field(default_factory=_none)
    given: Int64s = field(default_factory=_none)
    reopens: Int64s = field(default_factory=_none)

    def taken(self, places: Int64s) -> Items:
        """Return pool, traits and priority of some of them."""
        return Items(pool=self.pool[places], traits=self.traits[places], priority=self.priority[places])

    def with_moved(self, places: Int64s, goes: Items) -> Items:
        """Return pool, traits and priority of all, of some of them as ``goes`` says."""
        after = Items(pool=self.pool.copy(), traits=self.traits.copy(), priority=self.priority.copy())
        after.pool[places], after.traits[places], after.priority[places] = goes.pool, goes.traits, goes.priority
        return after


def _lifted(priority: Int64s, move: Move) -> Int64s:
    return np.maximum(priority - move.urgency, _FIRST_PRIORITY)


class GroupBook:
    """The groups of one version, ordered by (pool, traits, priority).

    ``table``: the priority as its place among ``priorities``. ``fits``: rows of bytes.
    """

    def __init__(  # noqa: PLR0917 - what groups are made of
        self,
        pools: Sequence[Pool],
        traits: TraitsTable,
        failover_to: Int64s,
        ladders: Ladders,
        moves: Sequence[Move] = (),
        sends: Sequence[tuple[int, int]] = (),
    ) -> None:
        """``failover_to``: the place of each pool's failover pool, -1 without; ``ladders``: the targets;
        ``moves``: those of items that wait; ``sends``: places of pools from and to which steps of targets send items.
        """
        self._pools, self._traits, self._failover_to, self._target_row = pools, traits, failover_to, ladders.first
        self._ladders = ladders
        self._moves, self._sends = moves, sends
        self.onward = np.zeros((0, max(1, len(moves))), dtype=np.int64)
        self._rows: dict[tuple[int, frozenset[str], frozenset[str] | None], tuple[int, bool]] = {}
        self._bytes = bytearray()
        self._trait_count = 1
        self._keys = _none()
        self._number_of: Int64s | None = None
        self.priorities = _none()
        self.table = table_of(Group, 0)
        self.fits = np.zeros(1, dtype=np.uint8)

    def numbers(self, pool: Int64s, traits: Int64s, priority: Int64s) -> Int64s | None:
        """Return the group of each item; None when one is new, which the book must ``learn`` first."""
        if pool.size == 0:
            return _none()
        if self._keys.size == 0 or int(traits.max()) >= self._trait_count:
            return None
        rank: Int64s | int = 0
        if self.priorities.size > 1:
            rank = np.minimum(np.searchsorted(self.priorities, priority), self.priorities.size - 1)
        if (self.priorities[rank] != priority).any():
            return None
        keys = self._composite(pool, traits, rank)
        if self._number_of is not None:
            found = self._number_of[keys]
            return None if (found < 0).any() else found
        found = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        return None if (self._keys[found] != keys).any() else found

    def learn(self, pool: Int64s, traits: Int64s, priority: Int64s) -> None:
        """Number the groups of these items, of all pools they may go on to, and all known ones afresh."""
        known = self.table
        pool = np.concatenate([known["pool"], pool])
        traits = np.concatenate([known["needs"], traits])
        values = np.concatenate([self.priorities[known["priority"]], priority])
        self.priorities = np.unique(values)
        if self.priorities.size >= _MOST_PRIORITIES:
            raise RefusedError(f"items have {_MOST_PRIORITIES} distinct priorities or more; use fewer steps")
        self._trait_count = len(self._traits)
        keys = np.unique(self._composite(pool, traits, np.searchsorted(self.priorities, values)))
        per_pool = self._trait_count * self.priorities.size
        while True:
            onward = self._failover_to[keys // per_pool]
            more = np.union1d(keys, (onward * per_pool + keys % per_pool)[onward >= 0])
            for origin, end in self._sends:
                more = np.union1d(more, end * per_pool + keys[keys // per_pool == origin] % per_pool)
            if more.size == keys.size:
                break
            keys = more
        self._keys = keys
        upper = len(self._pools) * per_pool
        self._number_of = None
        if upper <= _LARGEST_TABLE:
            self._number_of = np.full(upper, -1, dtype=np.int64)
            self._number_of[keys] = np.arange(keys.size)
        self._fill_table(per_pool)

    def _composite(self, pool: Int64s, traits: Int64s, rank: Int64s | int) -> Int64s:
        return (pool * self._trait_count + traits) * self.priorities.size + rank

    def _fill_table(self, per_pool: int) -> None:
        keys = self._keys
        table = table_of(Group, keys.size)
        pair, table["priority"] = np.divmod(keys, self.priorities.size)
        table["pool"], table["needs"] = np.divmod(pair, self._trait_count)
        onward = self._failover_to[table["pool"]]
        table["failover"] = np.searchsorted(keys, onward * per_pool + keys % per_pool)
        table["failover"][onward < 0] = -1
        for row, pool, number in zip(table, table["pool"].tolist(), table["needs"].tolist(), strict=True):
            traits = self._traits.known[number]
            row.skills, row.is_possible = self._fitting(pool, traits.needs, None)
            row.prefer = self._fitting(pool, traits.wishes, traits.prefers)[0]
            row.targets[:] = [self._target(pool, traits.targets, kind) for kind in TARGET_KINDS]
            row.kept_targets[:] = [self._target(pool, traits.targets, kind, is_kept=True) for kind in TARGET_KINDS]
        table["head"], table["tail"], table["cursor"] = -1, -1, -1
        self.table = table
        self.onward = np.full((keys.size, max(1, len(self._moves))), NOWHERE, dtype=np.int64)
        for place, move in enumerate(self._moves):
            self.onward[:, place] = self._led_to(move)
        self.fits = np.frombuffer(bytes(self._bytes) or b"\0", dtype=np.uint8).copy()

    def moved(self, move: int, items: Items) -> Items | None:
        """Return where items go by a move, as far as a group is made of it; None where that is nowhere."""
        one = self._moves[move]
        if one.to is not None and one.to < 0:
            return None
        pool = items.pool if one.to is None else np.full(items.pool.size, one.to, dtype=np.int64)
        return Items(pool=pool, traits=self._without(items.traits, one), priority=_lifted(items.priority, one))

    def _without(self, traits: Int64s, move: Move) -> Int64s:
        """Return what items still ask for."""
        if not move.drop:
            return traits
        used, places = np.unique(traits, return_inverse=True)
        known = [self._traits.known[number] for number in used.tolist()]
        left = [self._traits.number(one._replace(needs=left_needs(one.needs, move.drop))) for one in known]
        return np.array(left, dtype=np.int64)[places]

    def _led_to(self, move: Move) -> Int64s:
        """Return the group that each one leads to by a move, UNKNOWN_GROUP where that is not laid out."""
        pool, traits = self.table["pool"], self.table["needs"]
        if move.to is not None:
            if move.to < 0:
                return np.full(pool.size, NOWHERE, dtype=np.int64)
            pool = np.full(pool.size, move.to, dtype=np.int64)
        if move.drop:
            traits = self._without(traits, move)
        priority = _lifted(self.priorities[self.table["priority"]], move)
        rank = np.minimum(np.searchsorted(self.priorities, priority), self.priorities.size - 1)
        keys = self._composite(pool, traits, rank)
        found = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        is_known = (self.priorities[rank] == priority) & (traits < self._trait_count) & (self._keys[found] == keys)
        return np.where(is_known, found, UNKNOWN_GROUP)

    def _fitting(self, pool: int, skills: frozenset[str], names: frozenset[str] | None) -> tuple[int, bool]:
        """Return where the row of who has all these skills, or these names, starts (-1: nothing is asked), and whether
        anybody does.
        """
        if not skills and not names:
            return -1, True
        found = self._rows.get((pool, skills, names))
        if found is None:
            row = bytes(
                (bool(skills) and skills <= member.skills) or (names is not None and member.member_id in names)
                for member in self._pools[pool].members
            )
            found = (len(self._bytes), any(row))
            self._rows[pool, skills, names] = found
            self._bytes += row
        return found

    def _target(self, pool: int, names: frozenset[str], kind: str, is_kept: bool = False) -> int:
        if is_kept and (kept := self._ladders.kept_rows(pool)):
            fits = (row for target, row in kept if target.kind == kind if target.is_default or target.name in names)
            return next(fits, -1)
        for place, target in enumerate(self._pools[pool].targets):
            if target.kind == kind and (target.is_default or target.name in names):
                return int(self._target_row[pool]) + place
        return -1
