"""Timers inside the fold: when targets will have been missed and holds run out, in the order in which they fall due.

Belongs here: compiled helpers over the heap of what falls due soon and the hours of what comes later. Does not belong
here: what is done when a timer goes off (``fold``).

Most items are touched or closed long before their timers go off. So a timer waits, unordered, with those of its hour;
when that comes, only those that still matter are put in order.
"""

from __future__ import annotations

from rr_pipeline.core.kernel import columns as c
from rr_pipeline.core.kernel.arrays import Follow, Groups, Holds, Int64s, Table
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.hash_tables import fetch_row
from rr_pipeline.core.kernel.holds import PRIORITY_SHIFT
from rr_pipeline.core.kernel.windows import HOUR_US

ITEM = (1 << PRIORITY_SHIFT) - 1  # in the key of a timer: the item, behind its priority
EXPIRY = 1 << 62  # in the key of a timer: holds run out after targets are missed


@helper
def _move(origin: int, at: int, timers: Table) -> None:
    for column in range(3):
        timers[at, column] = timers[origin, column]


@helper
def push_timer(time: int, key: int, row: int, timers: Table, control: Int64s) -> None:
    """Add a timer to the heap."""
    at = control[c.C_TIMERS]
    control[c.C_TIMERS] = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if timers[above, c.TM_TIME] < time or (timers[above, c.TM_TIME] == time and timers[above, c.TM_KEY] <= key):
            break
        _move(above, at, timers)
        at = above
    timers[at, c.TM_TIME], timers[at, c.TM_KEY], timers[at, c.TM_ROW] = time, key, row


@helper
def pop_timer(timers: Table, control: Int64s) -> None:
    """Take the first timer from the heap."""
    count = control[c.C_TIMERS] - 1
    control[c.C_TIMERS] = count
    time, key, at = timers[count, c.TM_TIME], timers[count, c.TM_KEY], 0
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count:
            left, right = timers[below, c.TM_TIME], timers[below + 1, c.TM_TIME]
            below += right < left or (right == left and timers[below + 1, c.TM_KEY] < timers[below, c.TM_KEY])
        if time < timers[below, c.TM_TIME] or (time == timers[below, c.TM_TIME] and key <= timers[below, c.TM_KEY]):
            break
        _move(below, at, timers)
        at = below
    _move(count, at, timers)


@helper
def add_timer(time: int, key: int, row: int, follow: Follow, control: Int64s) -> None:
    """Set a timer: one of a later hour waits there, another one goes to the heap."""
    hour = time // HOUR_US
    if 0 <= hour - control[c.C_HOUR] < follow.hours.size:
        place = hour & (follow.hours.size - 1)
        at = follow.hours[place]
        if at < 0 or follow.later[at, c.LA_COUNT] == c.TIMERS_IN_ROW:
            at = take_row(follow.later, c.LA_NEXT, c.C_FREE_LATER, c.C_LATER, control)
            follow.later[at, c.LA_NEXT], follow.later[at, c.LA_COUNT] = follow.hours[place], 0
            follow.hours[place] = at
        several = follow.later[at]
        timer = several[c.LA_FIRST + 3 * several[c.LA_COUNT] :]
        timer[c.TM_TIME], timer[c.TM_KEY], timer[c.TM_ROW] = time, key, row
        several[c.LA_COUNT] += 1
    else:
        push_timer(time, key, row, follow.timers, control)


@helper
def _still_matters(key: int, row: int, holds: Holds, follow: Follow) -> bool:
    """Tell whether a timer can still come to mean something: the item waits, or is open and was not touched in time."""
    item = key & ITEM
    if key & EXPIRY != 0:
        return holds.table[row, c.H_ITEM] == item and holds.table[row, c.H_WAITS] != 0  # type: ignore[no-any-return]
    own = follow.opens[row]
    return own[c.N_ITEM] == item and own[c.N_LIVE] != 0 and own[c.N_TOUCHED] > own[c.N_DUE]  # type: ignore[no-any-return]


@helper
def bring_near(until: int, holds: Holds, follow: Follow, control: Int64s) -> None:
    """Move the timers of all hours that begin by ``until`` to the heap, those that still matter."""
    while control[c.C_HOUR] * HOUR_US <= until:
        place = control[c.C_HOUR] & (follow.hours.size - 1)
        control[c.C_HOUR] += 1
        at, follow.hours[place] = follow.hours[place], -1
        while at >= 0:
            several = follow.later[at]
            following, end = several[c.LA_NEXT], c.LA_FIRST + 3 * several[c.LA_COUNT]
            fetch_row(follow.later, max(0, following))
            for k in range(c.LA_FIRST, end, 3):
                if several[k + c.TM_KEY] & EXPIRY == 0:
                    fetch_row(follow.opens, several[k + c.TM_ROW])
            for k in range(c.LA_FIRST, end, 3):
                time, key, row = several[k + c.TM_TIME], several[k + c.TM_KEY], several[k + c.TM_ROW]
                if _still_matters(key, row, holds, follow):
                    push_timer(time, key, row, follow.timers, control)
            give_row(at, follow.later, c.LA_NEXT, c.C_FREE_LATER, control)
            at = following


@helper
def timer_key(g: int, item: int, groups: Groups) -> int:
    """Return what orders timers of one instant: (priority, arrival)."""
    return (groups.table[g, c.G_PRIORITY] << PRIORITY_SHIFT) | item  # type: ignore[no-any-return]


@helper
def set_expiry(h: int, follow: Follow, groups: Groups, holds: Holds, control: Int64s) -> None:
    """Let hold ``h`` run out in time, if it is bounded."""
    if holds.table[h, c.H_EXPIRES] < c.NEVER:
        key = EXPIRY | timer_key(holds.table[h, c.H_GROUP], holds.table[h, c.H_ITEM], groups)
        add_timer(holds.table[h, c.H_EXPIRES], key, h, follow, control)
