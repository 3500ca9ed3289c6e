"""Held items inside the fold: the queues, when they are offered again, and in which order.

Belongs here: compiled helpers over queues and least-first trees. Does not belong here: who gets an item.

Items of one group (pool, needs, priority) stand in one queue by arrival, and one that finds nobody stands for all
behind it: a hundred thousand items that need a skill nobody has cost one look at each change, not a hundred thousand.
"""

# ruff: noqa: PLR0917 - helpers take the named tuples they work on, one by one
from __future__ import annotations

from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Groups, Holds, Int64s, Pools, Scratch, Slots, Table, Times
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.windows import HOUR_US, next_day_us, next_hour_us, roll

PRIORITY_SHIFT = 40  # item numbers stay below 2 ** 40, so (priority rank, item) is one comparable number


@helper
def tree_set(tree: Int64s, leaf: int, key: int) -> None:
    """Give a leaf of a least-first tree a new key."""
    node = leaf + tree.size // 2
    tree[node] = key
    node >>= 1
    while node >= 1:
        tree[node] = min(tree[2 * node], tree[2 * node + 1])
        node >>= 1


@helper
def tree_least(tree: Int64s) -> int:
    """Return the leaf with the least key, the first of equals."""
    node = 1
    while node < tree.size // 2:
        node = 2 * node if tree[2 * node] <= tree[2 * node + 1] else 2 * node + 1
    return node - tree.size // 2


@helper
def plan_wake(p: int, t: int, is_passed: bool, pools: Pools, times: Times) -> None:
    """Note the first instant after ``t`` at which held items of pool ``p`` are worth another look.

    The masks must stand at ``t``. Only segments, hours that somebody has filled, and local days can make a member
    eligible; a token never does. ``is_passed``: an item was passed by a skip token, which ends with the clock hour.
    """
    found = min(pools.wake[p + pools.wake.size // 2], pools.table[p, c.NEXT_SEGMENT], next_day_us(p, pools, times))
    if is_passed:
        found = min(found, (t // HOUR_US + 1) * HOUR_US)
    if pools.table[p, c.HOUR_FULL] > 0:
        found = min(found, next_hour_us(p, t, pools, times))
    tree_set(pools.wake, p, found)


@helper
def set_group_key(g: int, groups: Groups, holds: Holds) -> None:
    """Let the group compete with the item under its cursor, or rest when there is none."""
    h = groups.table[g, c.CURSOR]
    key = c.NEVER
    if h >= 0:
        key = (groups.table[g, c.G_PRIORITY] << PRIORITY_SHIFT) | holds.table[h, c.H_ITEM]
    tree_set(groups.awake, g, key)


@helper
def wake_pool(
    p: int,
    t: int,
    pools: Pools,
    slots: Slots,
    users: Table,
    times: Times,
    groups: Groups,
    holds: Holds,
    control: Int64s,
) -> None:
    """Offer all held items of pool ``p`` again at ``t``, from the front of each queue."""
    tree_set(pools.wake, p, c.NEVER)
    if pools.table[p, c.HELD] == 0:
        return
    roll(p, t, pools, slots, users, times, control)
    is_passed = False
    for k in range(control[c.C_PASSED]):
        is_passed = is_passed or holds.passed[k, c.P_UNTIL] > t
    plan_wake(p, t, is_passed, pools, times)
    is_anybody = False
    for s in range(pools.table[p, c.SLOT], pools.table[p, c.SLOT_END]):
        is_anybody = is_anybody or slots.hot[s, c.LIVE] == 0
    if is_anybody:
        for g in range(pools.table[p, c.GROUP], pools.table[p, c.GROUP_END]):
            if groups.table[g, c.HEAD] >= 0 and groups.table[g, c.G_POSSIBLE] != 0:
                groups.table[g, c.CURSOR] = groups.table[g, c.HEAD]
                set_group_key(g, groups, holds)


@helper
def _link(h: int, pools: Pools, groups: Groups, holds: Holds) -> None:
    """Put hold ``h`` in its group's queue, by arrival; mostly that is the end."""
    g = holds.table[h, c.H_GROUP]
    table, before = holds.table, groups.table[g, c.TAIL]
    while before >= 0 and table[before, c.H_ITEM] > table[h, c.H_ITEM]:
        before = table[before, c.H_BEFORE]
    following = groups.table[g, c.HEAD] if before < 0 else table[before, c.H_NEXT]
    table[h, c.H_BEFORE], table[h, c.H_NEXT] = before, following
    if before < 0:
        groups.table[g, c.HEAD] = h
    else:
        table[before, c.H_NEXT] = h
    if following < 0:
        groups.table[g, c.TAIL] = h
    else:
        table[following, c.H_BEFORE] = h
    pools.table[groups.table[g, c.G_POOL], c.HELD] += 1


@helper
def park(item: int, g: int, person: int, t: int, pools: Pools, groups: Groups, holds: Holds, control: Int64s) -> int:
    """Hold a new item and return its place, the one freed last if there is any."""
    h = take_row(holds.table, c.H_NEXT, c.C_FREE_HOLD, c.C_HOLDS, control)
    bound = pools.table[groups.table[g, c.G_POOL], c.HOLD_FOR]
    holds.table[h, c.H_ITEM] = item
    holds.table[h, c.H_SINCE] = t
    holds.table[h, c.H_GROUP] = g
    holds.table[h, c.H_PASSED_UNTIL] = c.FAR_PAST
    holds.table[h, c.H_WAITS] = 1
    holds.table[h, c.H_EXPIRES] = c.NEVER if bound < 0 else t + bound
    holds.table[h, c.H_PERSON] = person
    _link(h, pools, groups, holds)
    return h


@helper
def take_out(h: int, pools: Pools, groups: Groups, holds: Holds, control: Int64s) -> None:
    """Remove hold ``h``, which waits no longer. A cursor that stood on it moves on to the next one.

    The row of an item that somebody passed is not used again: ``Holds.passed`` still tells of it.
    """
    g = holds.table[h, c.H_GROUP]
    before, following = holds.table[h, c.H_BEFORE], holds.table[h, c.H_NEXT]
    if before < 0:
        groups.table[g, c.HEAD] = following
    else:
        holds.table[before, c.H_NEXT] = following
    if following < 0:
        groups.table[g, c.TAIL] = before
    else:
        holds.table[following, c.H_BEFORE] = before
    if groups.table[g, c.CURSOR] == h:
        groups.table[g, c.CURSOR] = following
    holds.table[h, c.H_WAITS] = 0
    if holds.table[h, c.H_PASSED_UNTIL] == c.FAR_PAST:
        give_row(h, holds.table, c.H_NEXT, c.C_FREE_HOLD, control)
    pools.table[groups.table[g, c.G_POOL], c.HELD] -= 1


@helper
def leave_in(h: int, t: int, groups: Groups, holds: Holds) -> None:
    """Nobody got hold ``h``: rest its group, unless only that item was passed by somebody."""
    g = holds.table[h, c.H_GROUP]
    groups.table[g, c.CURSOR] = holds.table[h, c.H_NEXT] if holds.table[h, c.H_PASSED_UNTIL] > t else -1


@helper
def recall_passed(h: int, t: int, holds: Holds, scratch: Scratch) -> int:
    """Write who may not be offered hold ``h`` at ``t`` to ``scratch.room`` and return how many they are."""
    found = 0
    if h >= 0 and holds.table[h, c.H_PASSED_UNTIL] > t:
        for k in range(scratch.control[c.C_PASSED]):
            if holds.passed[k, c.P_HOLD] == h and holds.passed[k, c.P_UNTIL] > t:
                scratch.room[c.PASSED, found] = holds.passed[k, c.P_USER]
                found += 1
    return found


@helper
def note_passed(h: int, t: int, first: int, end: int, holds: Holds, scratch: Scratch) -> None:
    """Remember until the end of the hour that users ``first`` to ``end`` of the room passed hold ``h``."""
    until = (t // HOUR_US + 1) * HOUR_US
    for k in range(first, end):
        row = scratch.control[c.C_PASSED]
        scratch.control[c.C_PASSED] += 1
        holds.passed[row, c.P_HOLD] = h
        holds.passed[row, c.P_USER] = scratch.room[c.PASSED, k]
        holds.passed[row, c.P_UNTIL] = until
    if end > first:
        holds.table[h, c.H_PASSED_UNTIL] = until
