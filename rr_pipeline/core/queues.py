"""Items and held items of one kernel call as arrays: their groups, the skills the groups need, and the queues.

Belongs here: the way between columns of items and ``arrays.Groups`` / ``arrays.Holds``. Does not belong here: how a
queue moves (``holds``) and what an item meets (``ledger``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from rr_pipeline.core import columns as c
from rr_pipeline.core.arrays import Arrivals, Groups, Holds, Pools
from rr_pipeline.core.model import Pool
from rr_pipeline.core.needs import NeedsTable, dense_ids
from rr_pipeline.errors import RefusedError

Int64s = npt.NDArray[np.int64]


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


@dataclass
class Held:
    """Held items (``time``: since when) and who passed them: item, slot, until when."""

    items: Items = field(default_factory=Items)
    passed_item: Int64s = field(default_factory=_none)
    passed_slot: Int64s = field(default_factory=_none)
    passed_until: Int64s = field(default_factory=_none)


@dataclass
class Queue:
    """What one kernel call works on, and how to read it back."""

    groups: Groups
    holds: Holds
    arrivals: Arrivals
    first_free_hold: int
    first_free_passed: int
    priorities: Int64s


class SkillRows:
    """Which members of which pool have all skills of a set: rows of bytes, made once for each (pool, needs)."""

    def __init__(self, pools: tuple[Pool, ...], needs: NeedsTable) -> None:
        self._pools = pools
        self._needs = needs
        self._rows: dict[tuple[int, int], tuple[int, bool]] = {}
        self._bytes = bytearray()
        self._last: tuple[Int64s, int, int, Int64s] | None = None

    def find(self, pool: int, needs: int) -> tuple[int, bool]:
        """Return where the row starts (-1: nothing is needed), and whether any member has it all."""
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

    def groups(self, keys: Int64s, priority_count: int) -> Int64s:
        """Return the table of ``arrays.Groups`` for the groups' numbers, ordered by (pool, needs, priority)."""
        need_count = len(self._needs)
        last = self._last
        if last and last[1] == priority_count and last[2] == need_count and np.array_equal(last[0], keys):
            return last[3]
        table = np.zeros((keys.size, 5), dtype=np.int64)
        table[:, c.G_PRIORITY] = keys % priority_count
        pair = keys // priority_count
        table[:, c.G_POOL], table[:, c.G_NEEDS] = pair // need_count, pair % need_count
        for row, (pool, need) in enumerate(table[:, [c.G_POOL, c.G_NEEDS]].tolist()):
            table[row, [c.G_SKILLS, c.G_POSSIBLE]] = self.find(pool, need)
        self._last = (keys, priority_count, need_count, table)
        return table

    def table(self) -> npt.NDArray[np.uint8]:
        """Return all rows end to end."""
        return np.frombuffer(bytes(self._bytes) or b"\0", dtype=np.uint8).copy()


def tree_over(keys: Int64s) -> Int64s:
    """Return a least-first tree over ``keys``: node i stands over 2i and 2i + 1, the leaves come last."""
    size = 1 << max(0, int(keys.size) - 1).bit_length()
    tree = np.full(2 * size, c.NEVER, dtype=np.int64)
    tree[size : size + keys.size] = keys
    while size > 1:
        size //= 2
        tree[size : 2 * size] = np.minimum(tree[2 * size : 4 * size : 2], tree[2 * size + 1 : 4 * size : 2])
    return tree


def build_queue(
    held: Held, fresh: Items, pools: Pools, *, skills: SkillRows, needs: NeedsTable, skip_count: int
) -> Queue:
    """Lay out held and fresh items for the kernel, and set the pools' ranges of groups and numbers of held items.

    ``skip_count``: how many skip tokens may still be spent, which bounds how many passes can be noted.
    """
    pool_count = pools.table.shape[0]
    pool = np.concatenate([held.items.pool, fresh.pool])
    priority = np.concatenate([held.items.priority, fresh.priority])
    priorities = np.unique(priority) if priority.any() else np.zeros(1, dtype=np.int64)
    if priorities.size >= 1 << 22:
        raise RefusedError("items have more than four million distinct priorities; use fewer steps")
    rank = np.searchsorted(priorities, priority) if priorities.size > 1 else np.zeros(priority.size, dtype=np.int64)
    key = (pool * len(needs) + np.concatenate([held.items.needs, fresh.needs])) * priorities.size + rank
    dense = dense_ids(key, pool_count * len(needs) * priorities.size)
    table = skills.groups(dense.keys, priorities.size)
    idle = np.full((table.shape[0], 4), -1, dtype=np.int64)
    groups = Groups(table, idle, skills.table(), tree_over(np.full(max(1, table.shape[0]), c.NEVER)))
    ends = np.searchsorted(groups.table[:, c.G_POOL], np.arange(pool_count + 1))
    pools.table[:, c.GROUP], pools.table[:, c.GROUP_END] = ends[:-1], ends[1:]
    held_group = dense.ids[: held.items.item.size]
    pools.table[:, c.HELD] = np.bincount(held.items.pool, minlength=pool_count)
    holds = _build_holds(held, held_group, fresh.item.size, skip_count, groups)
    arrivals = Arrivals(fresh.time, np.ascontiguousarray(dense.ids[held.items.item.size :]), fresh.item)
    return Queue(groups, holds, arrivals, held.items.item.size, held.passed_item.size, priorities)


def _build_holds(held: Held, group: Int64s, arrival_count: int, skip_count: int, groups: Groups) -> Holds:
    count = held.items.item.size
    table = np.zeros((count + arrival_count, 6), dtype=np.int64)
    table[:count, c.H_ITEM] = held.items.item
    table[:count, c.H_SINCE] = held.items.time
    table[:count, c.H_GROUP] = group
    table[:count, c.H_WAITS] = 1
    table[:count, c.H_NEXT] = -1
    table[:count, c.H_PASSED_UNTIL] = -c.NEVER
    order = np.lexsort((held.items.item, group))
    if count:
        starts = np.flatnonzero(np.append(True, group[order][1:] != group[order][:-1]))
        ends = np.append(starts[1:], count) - 1
        follows = np.setdiff1d(np.arange(1, count), starts)
        table[order[follows - 1], c.H_NEXT] = order[follows]
        groups.queue[group[order[starts]], c.HEAD] = order[starts]
        groups.queue[group[order[ends]], c.TAIL] = order[ends]
    passed = np.zeros((held.passed_item.size + skip_count, 3), dtype=np.int64)
    noted = held.passed_item.size
    if noted:
        by_item = np.argsort(held.items.item)
        place = by_item[np.searchsorted(held.items.item[by_item], held.passed_item)]
        passed[:noted] = np.column_stack([place, held.passed_slot, held.passed_until])
        np.maximum.at(table[:, c.H_PASSED_UNTIL], place, held.passed_until)
    return Holds(table, passed)


def read_back(queue: Queue, control: Int64s) -> Held:
    """Return the items that still wait after the kernel's call, by arrival, with the passes that may still matter."""
    table = queue.holds.table[: control[c.C_HOLDS]]
    table = table[table[:, c.H_WAITS] != 0]
    table = table[np.argsort(table[:, c.H_ITEM])]
    group = queue.groups.table[table[:, c.H_GROUP]]
    items = Items(
        item=table[:, c.H_ITEM].copy(),
        pool=group[:, c.G_POOL].copy(),
        needs=group[:, c.G_NEEDS].copy(),
        priority=queue.priorities[group[:, c.G_PRIORITY]],
        time=table[:, c.H_SINCE].copy(),
    )
    passed = queue.holds.passed[: control[c.C_PASSED]]
    whole = queue.holds.table[passed[:, c.P_HOLD]]
    passed = passed[(whole[:, c.H_WAITS] != 0) & (passed[:, c.P_UNTIL] == whole[:, c.H_PASSED_UNTIL])]
    return Held(
        items,
        queue.holds.table[passed[:, c.P_HOLD], c.H_ITEM],
        passed[:, c.P_SLOT].copy(),
        passed[:, c.P_UNTIL].copy(),
    )
