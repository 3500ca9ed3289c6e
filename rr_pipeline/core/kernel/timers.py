"""Timers inside the fold: when targets will have been missed and holds run out, in the order in which they fall due.

Belongs here: compiled helpers over the heap of what falls due soon and the hours of what comes later. Does not belong
here: what is done when a timer goes off (``fold``).

Most items are touched or closed long before their timers go off. So a timer waits, unordered, with those of its hour;
when that comes, only those that still matter are put in order.
"""

from __future__ import annotations

import numpy.typing as npt

from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.codes import FAILOVER, HOUR_US, NEVER, QUEUE
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.free_rows import give_row, take_row
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH, TIMERS_IN_ROW, Timer
from rr_pipeline.core.kernel.prefetch import fetch_row
from rr_pipeline.core.kernel.state import State

PRIORITY_SHIFT = 40  # (priority rank, item, kind of target, place in the ladder) is one comparable number
ITEM_SHIFT, ITEM = 6, (1 << 34) - 1  # item numbers stay below 2 ** 34
CLOCK_SHIFT, PLACE = 5, (1 << 5) - 1  # in the key of a timer: the kind of the target, and the place of the step
IDLE_STEP = PLACE  # no ladder is that long
IDLE = 1 << CLOCK_SHIFT | IDLE_STEP  # in the key of a timer: the item is idle then; after its steps of targets
EXPIRY = 1 << 62  # in the key of a timer: entries for items that wait come after steps of targets


@helper
def _set(timers: npt.NDArray[Timer], at: int, due: int, key: int, row: int) -> None:
    timer = timers[at]
    timer.due_us, timer.key, timer.row = due, key, row


@helper
def _move(timers: npt.NDArray[Timer], origin: int, at: int) -> None:
    _set(timers, at, timers[origin].due_us, timers[origin].key, timers[origin].row)


@helper
def push_timer(state: State, due: int, key: int, row: int) -> None:
    """Add a timer to the heap."""
    timers, at = state.timers, state.progress.timers
    state.progress.timers = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if timers[above].due_us < due or (timers[above].due_us == due and timers[above].key <= key):
            break
        _move(timers, above, at)
        at = above
    _set(timers, at, due, key, row)


@helper
def pop_timer(state: State) -> None:
    """Take the first timer from the heap."""
    timers, count = state.timers, state.progress.timers - 1
    state.progress.timers = count
    due, key, at = timers[count].due_us, timers[count].key, 0
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count:
            left, right = timers[below], timers[below + 1]
            below += right.due_us < left.due_us or (right.due_us == left.due_us and right.key < left.key)
        if due < timers[below].due_us or (due == timers[below].due_us and key <= timers[below].key):
            break
        _move(timers, below, at)
        at = below
    _move(timers, count, at)


@helper
def add_timer(state: State, due: int, key: int, row: int) -> None:
    """Set a timer: one of a later hour waits there, another one goes to the heap."""
    hours, later, hour = state.hours, state.later, due // HOUR_US
    if 0 <= hour - state.progress.next_hour < hours.size:
        place = hour & (hours.size - 1)
        at = hours[place]
        if at < 0 or later[at].count == TIMERS_IN_ROW:
            at = take_row(later["following"], state.progress.later)
            later[at].following, later[at].count = hours[place], 0
            hours[place] = at
        _set(later[at].timers, later[at].count, due, key, row)
        later[at].count += 1
    else:
        push_timer(state, due, key, row)


@helper
def _still_matters(state: State, key: int, row: int) -> bool:
    """Tell whether a timer can still come to mean something: the item waits, or is open and was not touched in time."""
    item_seq = key >> ITEM_SHIFT & ITEM
    if key & EXPIRY != 0:
        held = state.holds[row]
        return held.item_seq == item_seq and held.waits != 0  # type: ignore[no-any-return]
    item = state.open_items[row]
    if item.item_seq != item_seq or item.is_live == 0:
        return False
    return key >> CLOCK_SHIFT & 1 != FIRST_TOUCH or item.touched_us > item.clocks[FIRST_TOUCH].due_us


@helper
def bring_near(state: State, until: int) -> None:
    """Move the timers of all hours that begin by ``until`` to the heap, those that still matter."""
    hours, later, progress = state.hours, state.later, state.progress
    while progress.next_hour * HOUR_US <= until:
        place = progress.next_hour & (hours.size - 1)
        progress.next_hour += 1
        at, hours[place] = hours[place], -1
        while at >= 0:
            several = later[at]
            following, timers = several.following, several.timers
            fetch_row(later, max(0, following))
            for k in range(several.count):
                if timers[k].key & EXPIRY == 0:
                    fetch_row(state.open_items, timers[k].row)
            for k in range(several.count):
                if _still_matters(state, timers[k].key, timers[k].row):
                    push_timer(state, timers[k].due_us, timers[k].key, timers[k].row)
            give_row(at, later["following"], progress.later)
            at = following


@helper
def timer_key(state: State, group: int, item_seq: int) -> int:
    """Return what orders timers, and groups, of one instant: (priority, arrival)."""
    return (state.groups[group].priority << PRIORITY_SHIFT) | (item_seq << ITEM_SHIFT)  # type: ignore[no-any-return]


@helper
def set_step_timer(state: State, row: int, clock: int, step: int, at: int) -> None:
    """Let a step of an open item be looked at at an instant."""
    item = state.open_items[row]
    key = timer_key(state, item.group, item.item_seq) | clock << CLOCK_SHIFT | step
    add_timer(state, at, key, row)


@helper
def set_idle_timer(state: State, row: int, at: int) -> None:
    """Let it be looked at, at an instant, whether an open item is idle."""
    item = state.open_items[row]
    item.idle_us = at
    add_timer(state, at, timer_key(state, item.group, item.item_seq) | IDLE, row)


@helper
def pause_ends(state: State, pool: int, at: int) -> int:
    """Return when the pause of a pool ends that holds at an instant; the instant itself where none does."""
    own = state.pools[pool]
    for row in range(own.first_pause, own.end_pause):
        pause = state.pauses[row]
        if pause.from_us <= at < pause.until_us:
            return pause.until_us  # type: ignore[no-any-return]
    return at


@helper
def wait_instant(state: State, hold: int) -> int:
    """Return when the next entry for a hold is taken: at its instant, or at the first close from then on.

    While its pool is paused no entry takes it away from there. NEVER where this run knows of no such instant.
    """
    held = state.holds[hold]
    at = held.expires_us
    if at == NEVER:
        return NEVER
    kind, before = state.waits[held.next_wait].kind, at - 1
    while at != before and at < NEVER:
        before = at
        if kind == FAILOVER or kind == QUEUE:  # noqa: PLR1714, SIM109 - as compiled code knows it
            at = pause_ends(state, state.groups[held.group].pool, at)
        if held.at_closes != 0:
            place = first_from(state.wait_closes, at)
            at = state.wait_closes[place] if place < state.wait_closes.size else NEVER
    return at  # type: ignore[no-any-return]


@helper
def set_expiry(state: State, hold: int) -> None:
    """Let the next entry for a hold be taken in time, if one is left."""
    held = state.holds[hold]
    at = wait_instant(state, hold)
    if at < NEVER:
        at = max(at, state.progress.now_us)
        add_timer(state, at, EXPIRY | timer_key(state, held.group, held.item_seq), hold)
