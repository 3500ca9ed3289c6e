"""Groups of items: every (pool, needed skills, priority) met in a version, its number, and who has its skills.

Belongs here: numbers of groups and the skills they need. Does not belong here: the items in them (``queues``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core import columns as c
from rr_pipeline.core.model import Pool
from rr_pipeline.core.needs import NeedsTable
from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]

_LARGEST_TABLE = 4_000_000
_MOST_PRIORITIES = 1 << 22


def _none() -> Int64s:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Items:
    """Columns of items, by arrival: pool is its place in the version, needs a number of the NeedsTable."""

    item: Int64s = field(default_factory=_none)
    pool: Int64s = field(default_factory=_none)
    needs: Int64s = field(default_factory=_none)
    priority: Int64s = field(default_factory=_none)
    time: Int64s = field(default_factory=_none)


class GroupBook:
    """The groups of one version, ordered by (pool, needs, priority).

    ``table``: as in ``arrays.Groups``, the priority as its place among ``priorities``. ``skill_ok``: rows of bytes.
    """

    def __init__(self, pools: tuple[Pool, ...], needs: NeedsTable) -> None:
        self._pools, self._needs = pools, needs
        self._rows: dict[tuple[int, int], tuple[int, bool]] = {}
        self._bytes = bytearray()
        self._need_count = 1
        self._keys = _none()
        self._number_of: Int64s | None = None
        self.priorities = _none()
        self.table = np.zeros((0, 5), dtype=np.int64)
        self.skill_ok = np.zeros(1, dtype=np.uint8)

    def numbers(self, items: Items) -> Int64s | None:
        """Return the group of each item; None when one is new, which the book must ``learn`` first."""
        if items.item.size == 0:
            return _none()
        if self._keys.size == 0 or int(items.needs.max()) >= self._need_count:
            return None
        rank: Int64s | int = 0
        if self.priorities.size > 1:
            rank = np.minimum(np.searchsorted(self.priorities, items.priority), self.priorities.size - 1)
        if (self.priorities[rank] != items.priority).any():
            return None
        keys = self._composite(items.pool, items.needs, rank)
        if self._number_of is not None:
            found = self._number_of[keys]
            return None if (found < 0).any() else found
        found = np.minimum(np.searchsorted(self._keys, keys), self._keys.size - 1)
        return None if (self._keys[found] != keys).any() else found

    def learn(self, *several: Items) -> None:
        """Number the groups of these items and all known ones afresh."""
        known = self.table
        pool = np.concatenate([known[:, c.G_POOL], *(items.pool for items in several)])
        needs = np.concatenate([known[:, c.G_NEEDS], *(items.needs for items in several)])
        values = np.concatenate([self.priorities[known[:, c.G_PRIORITY]], *(items.priority for items in several)])
        self.priorities = np.unique(values)
        if self.priorities.size >= _MOST_PRIORITIES:
            raise RefusedError(f"items have {_MOST_PRIORITIES} distinct priorities or more; use fewer steps")
        self._need_count = len(self._needs)
        self._keys = np.unique(self._composite(pool, needs, np.searchsorted(self.priorities, values)))
        upper = len(self._pools) * self._need_count * self.priorities.size
        self._number_of = None
        if upper <= _LARGEST_TABLE:
            self._number_of = np.full(upper, -1, dtype=np.int64)
            self._number_of[self._keys] = np.arange(self._keys.size)
        self._fill_table()

    def _composite(self, pool: Int64s, needs: Int64s, rank: Int64s | int) -> Int64s:
        return (pool * self._need_count + needs) * self.priorities.size + rank

    def _fill_table(self) -> None:
        table = np.zeros((self._keys.size, 5), dtype=np.int64)
        pair, table[:, c.G_PRIORITY] = np.divmod(self._keys, self.priorities.size)
        table[:, c.G_POOL], table[:, c.G_NEEDS] = np.divmod(pair, self._need_count)
        for row, (pool, needs) in enumerate(table[:, [c.G_POOL, c.G_NEEDS]].tolist()):
            table[row, [c.G_SKILLS, c.G_POSSIBLE]] = self._skills(pool, needs)
        self.table = table
        self.skill_ok = np.frombuffer(bytes(self._bytes) or b"\0", dtype=np.uint8).copy()

    def _skills(self, pool: int, needs: int) -> tuple[int, bool]:
        """Return where the row of who has all these skills starts (-1: nothing is needed), and whether anybody has."""
        if needs == 0:
            return -1, True
        found = self._rows.get((pool, needs))
        if found is None:
            wanted = self._needs.sets[needs]
            row = bytes(wanted <= member.skills for member in self._pools[pool].members)
            found = (len(self._bytes), any(row))
            self._rows[pool, needs] = found
            self._bytes += row
        return found
