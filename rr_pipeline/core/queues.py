"""Held items of a version in force as arrays that last from one kernel call to the next.

Belongs here: room for items that may be held, their queues, and reading back who waits. Does not belong here: how a
queue moves (``holds``), what an item meets (``ledger``), or the names of things (``held``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Arrivals, Groups, Holds, Pools
from rr_pipeline.core.groups import GroupBook, Items

Int64s = npt.NDArray[np.int64]


def _none() -> Int64s:
    return np.zeros(0, dtype=np.int64)


@dataclass
class Held:
    """Held items (``time``: since when) and who passed them: item, slot, until when."""

    items: Items = field(default_factory=Items)
    passed_item: Int64s = field(default_factory=_none)
    passed_slot: Int64s = field(default_factory=_none)
    passed_until: Int64s = field(default_factory=_none)


def tree_over(keys: Int64s) -> Int64s:
    """Return a least-first tree over ``keys``: node i stands over 2i and 2i + 1, the leaves come last."""
    size = 1 << max(0, int(keys.size) - 1).bit_length()
    tree = np.full(2 * size, c.NEVER, dtype=np.int64)
    tree[size : size + keys.size] = keys
    while size > 1:
        size //= 2
        tree[size : 2 * size] = np.minimum(tree[2 * size : 4 * size : 2], tree[2 * size + 1 : 4 * size : 2])
    return tree


class Queue:
    """What waits in a version. Built again only when items of a new group come, or when most of it has been decided."""

    groups: Groups
    holds: Holds

    def __init__(self, pools: Pools, book: GroupBook, held: Held, skip_count: int) -> None:
        """``skip_count``: skip tokens of the version; each may be noted once as a pass."""
        self._pools, self._book, self._skip_count = pools, book, skip_count
        book.learn(held.items)
        self._build(held, 0)

    def load(self, fresh: Items, control: Int64s) -> tuple[Groups, Holds, Arrivals]:
        """Make room for ``fresh`` items and return what the kernel works on. Sets the marks of ``control``."""
        numbers = self._book.numbers(fresh)
        used, more = self._used, fresh.item.size
        if numbers is None:
            held = self.held()
            self._book.learn(fresh)
            self._build(held, more)
            numbers = self._book.numbers(fresh)
        elif used + more > self.holds.table.shape[0]:
            if 2 * int(self._pools.table[:, c.HELD].sum()) < used:
                self._build(self.held(), more)
            else:
                table = np.zeros((max(used + more, used * 3 // 2), 6), dtype=np.int64)
                table[:used] = self.holds.table[:used]
                self.holds = Holds(table, self.holds.passed)
        assert numbers is not None
        control[[c.C_ARRIVAL, c.C_HOLDS, c.C_PASSED]] = 0, self._used, self._noted
        return self.groups, self.holds, Arrivals(fresh.time, numbers, fresh.item)

    def keep(self, control: Int64s) -> None:
        """Note how far the kernel has filled the arrays."""
        self._used, self._noted = int(control[c.C_HOLDS]), int(control[c.C_PASSED])

    def held(self) -> Held:
        """Return the items that wait now, by arrival, with the passes that may still matter."""
        table = self.holds.table[: self._used]
        table = table[table[:, c.H_WAITS] != 0]
        table = table[np.argsort(table[:, c.H_ITEM], kind="stable")]
        group = self.groups.table[table[:, c.H_GROUP]]
        items = Items(
            item=table[:, c.H_ITEM].copy(),
            pool=group[:, c.G_POOL].copy(),
            needs=group[:, c.G_NEEDS].copy(),
            priority=self._book.priorities[group[:, c.G_PRIORITY]],
            time=table[:, c.H_SINCE].copy(),
        )
        passed = self.holds.passed[: self._noted]
        whole = self.holds.table[passed[:, c.P_HOLD]]
        passed = passed[(whole[:, c.H_WAITS] != 0) & (passed[:, c.P_UNTIL] == whole[:, c.H_PASSED_UNTIL])]
        whose = self.holds.table[passed[:, c.P_HOLD], c.H_ITEM]
        return Held(items, whose, passed[:, c.P_SLOT].copy(), passed[:, c.P_UNTIL].copy())

    def _build(self, held: Held, more: int) -> None:
        """Lay out the held items, with room for ``more``, and the groups they and later ones stand in."""
        book, pools, items = self._book, self._pools.table, held.items
        idle = np.full((book.table.shape[0], 4), -1, dtype=np.int64)
        awake = tree_over(np.full(max(1, book.table.shape[0]), c.NEVER))
        self.groups = Groups(book.table, idle, book.skill_ok, awake)
        ends = np.searchsorted(book.table[:, c.G_POOL], np.arange(pools.shape[0] + 1))
        pools[:, c.GROUP], pools[:, c.GROUP_END] = ends[:-1], ends[1:]
        pools[:, c.HELD] = np.bincount(items.pool, minlength=pools.shape[0])
        group = book.numbers(items)
        assert group is not None
        count = items.item.size
        table = np.zeros((count + more, 6), dtype=np.int64)
        table[:count, c.H_ITEM], table[:count, c.H_SINCE], table[:count, c.H_GROUP] = items.item, items.time, group
        table[:count, c.H_WAITS], table[:count, c.H_NEXT] = 1, -1
        table[:count, c.H_PASSED_UNTIL] = c.FAR_PAST
        _link(table, idle, np.argsort(group, kind="stable"))
        noted = held.passed_item.size
        passed = np.zeros((noted + self._skip_count, 3), dtype=np.int64)
        place = np.searchsorted(items.item, held.passed_item)
        passed[:noted] = np.column_stack([place, held.passed_slot, held.passed_until])
        np.maximum.at(table[:, c.H_PASSED_UNTIL], place, held.passed_until)
        self.holds = Holds(table, passed)
        self._used, self._noted = count, noted


def _link(table: Int64s, queue: Int64s, order: Int64s) -> None:
    """Chain the holds of each group; ``order``: holds by (group, arrival)."""
    if order.size == 0:
        return
    group = table[order, c.H_GROUP]
    follows = group[1:] == group[:-1]
    table[order[:-1][follows], c.H_NEXT] = order[1:][follows]
    first, last = np.append(True, ~follows), np.append(~follows, True)
    queue[group[first], c.HEAD] = order[first]
    queue[group[last], c.TAIL] = order[last]
