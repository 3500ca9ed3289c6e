"""The compiled fold: one pass over everything that happens to items and pools, in time and in the stated order.

Belongs here: what falls due next, and the order of simultaneous events. Does not belong here: who wins (``turns``),
what becomes of an offer (``offers``), or how tables are filled and turned into frames (``packing``).

A call stops early when its output buffers are nearly full and goes on where it stood when it is called again.
"""

from __future__ import annotations

from numba import types

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.arriving import arrive
from rr_pipeline.core.kernel.compiler import helper, kernel, signature_of
from rr_pipeline.core.kernel.decisions import emit_bare, set_job
from rr_pipeline.core.kernel.gifts import take_gift
from rr_pipeline.core.kernel.handovers import hand_over, take_idle, take_leaving
from rr_pipeline.core.kernel.holds import take_out, wake_pool
from rr_pipeline.core.kernel.item_records import TIMERS_IN_ROW
from rr_pipeline.core.kernel.offers import offer
from rr_pipeline.core.kernel.open_items import drop, fetch_ahead, find_row, forget_row, leave_queue
from rr_pipeline.core.kernel.references import refer
from rr_pipeline.core.kernel.rerouting import leave_for_elsewhere
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.steps import decline, take_step
from rr_pipeline.core.kernel.timers import CLOCK_SHIFT, EXPIRY, IDLE, ITEM, ITEM_SHIFT, PLACE, bring_near, pop_timer
from rr_pipeline.core.kernel.tokens import grant_redo
from rr_pipeline.core.kernel.touches import is_due, note_touch
from rr_pipeline.core.kernel.trees import tree_least
from rr_pipeline.core.kernel.turns import is_member
from rr_pipeline.core.kernel.waiting import is_wait_due, onward_of, take_wait
from rr_pipeline.core.kernel.windows import roll, turn_days

DONE, FULL, NEW_DAY, GROW, AHEAD = 0, 1, 2, 3, 4


@helper
def _turn_clock(state: State) -> bool:
    """Set the clock to the next instant at which something falls due; return False when nothing does any more."""
    progress = state.progress
    last, due = progress.last_us, state.wakes[1]
    if progress.next_event < state.events.size:
        last = state.events[progress.next_event].at_us
        due = min(due, last)
    if progress.next_arrival < state.arrivals.size:
        at = state.arrivals[progress.next_arrival].at_us
        last, due = max(last, at), min(due, at)
    if progress.next_leaving < state.leavings.size:
        at = state.leavings[progress.next_leaving].at_us
        last, due = max(last, at), min(due, at)
    bring_near(state, min(due, last))
    if progress.timers > 0:
        due = min(due, state.timers[0].due_us)
    is_due = due <= last
    if is_due:
        progress.now_us = due
        if due >= progress.zones_next_us:
            turn_days(state, due)
    return is_due  # type: ignore[no-any-return]


@helper
def _take_event(state: State, now: int) -> None:
    """Take the next thing that is told of an item. Declining makes the item the job."""
    event = state.events[state.progress.next_event]
    fetch_ahead(state, state.progress.next_event)
    state.progress.next_event += 1
    kind, user, row = event.kind, event.user, find_row(state, event.item_seq)
    if kind == c.GIFT:
        take_gift(state, event, row, now)
    elif kind == c.MOVING_AWAY:
        leave_for_elsewhere(state, event.item_seq, row, now)
    elif row < 0 or row & 1 != 0:
        if kind == c.CLOSE or kind == c.RETURN:  # noqa: PLR1714 - as compiled code knows it
            _withdraw(state, event.item_seq, row, now)
    else:
        row >>= 1
        item = state.open_items[row]
        pool = state.groups[item.group].pool
        if kind == c.TOUCH:
            note_touch(state, row, user, event.occurred_us, now)
        elif kind == c.DECLINE:
            if user == state.tallies[item.slot].user and state.pools[pool].declines != 0:
                decline(state, row, pool)
        else:
            if kind == c.RETURN and state.pools[pool].redo_on_return != 0:
                roll(state, pool, now)
                if is_member(state, pool, item.slot):
                    grant_redo(state, event.item_seq, item.slot, pool)
            drop(state, row, now)


@helper
def _withdraw(state: State, item_seq: int, place: int, now: int) -> None:
    """An item that nobody has was closed: it waits no longer. ``place``: where it stands, as ``find_row`` says."""
    if place < 0:
        leave_queue(state, item_seq)
        return
    hold = place >> 1
    held = state.holds[hold]
    row = emit_bare(state, c.WITHDRAW, held.item_seq, state.groups[held.group].pool, now)
    state.output.rows.cause[row] = c.BY_CLOSING
    state.progress.is_special = 1
    take_out(state, hold)
    forget_row(state, held.item_seq)


@helper
def _fire(state: State, now: int) -> None:
    """Take the first timer: a step of a target, or an entry for a held item, if it still means something."""
    due, key, row = state.timers[0].due_us, state.timers[0].key, state.timers[0].row
    item_seq = key >> ITEM_SHIFT & ITEM
    if key & EXPIRY != 0 and is_wait_due(state, row, item_seq, now) and onward_of(state, row) == c.UNKNOWN_GROUP:
        state.progress.is_ahead = 1
        return
    pop_timer(state)
    if key & (EXPIRY | IDLE) == IDLE:
        take_idle(state, row, item_seq, due)
        return
    if key & EXPIRY == 0:
        clock, step = key >> CLOCK_SHIFT & 1, key & PLACE
        if is_due(state, row, item_seq, clock, step, due):
            take_step(state, row, clock, step)
        return
    if is_wait_due(state, row, item_seq, now):
        take_wait(state, row, now)


@helper
def _offer_held(state: State) -> None:
    """Make the job the held item that comes first of all that are being offered."""
    group = tree_least(state.awake)
    hold = state.groups[group].cursor
    set_job(state, c.HELD_ITEM, state.holds[hold].item_seq, group, state.holds[hold].person, -1)
    state.job.hold, state.job.is_named = hold, state.holds[hold].is_named


@helper
def _is_cramped(state: State) -> bool:
    """Tell whether the next step might find no room."""
    now = state.progress
    return (
        (now.holds.used >= state.holds.size and now.holds.free < 0)
        or (now.open_items.used >= state.open_items.size and now.open_items.free < 0)
        or now.timers + TIMERS_IN_ROW * now.later.used + 2 >= state.timers.size
        or (now.later.used + 2 >= state.later.size and now.later.free < 0)
        or now.trail >= state.trail.size
        or now.waiters >= state.waiters.size
        or now.grants >= state.grants.size
        or 2 * now.persons >= state.persons.size
    )


@helper
def _is_full(state: State) -> bool:
    """Tell whether the buffers must be emptied."""
    now = state.progress
    return now.rows > now.most_rows or now.cells > now.most_cells or now.breaches > now.most_breaches


@helper
def _take_next(state: State) -> None:
    """Take what comes first of all that is due now."""
    progress, now = state.progress, state.progress.now_us
    is_timer_due = progress.timers > 0 and state.timers[0].due_us <= now
    if progress.next_event < state.events.size and state.events[progress.next_event].at_us <= now:
        _take_event(state, now)
    elif progress.next_leaving < state.leavings.size and state.leavings[progress.next_leaving].at_us <= now:
        take_leaving(state)
    elif state.wakes[1] <= now:
        wake_pool(state, tree_least(state.wakes), now)
    elif progress.handovers > 0 and not (is_timer_due and state.timers[0].key < state.handovers[0].key):
        hand_over(state)
    elif is_timer_due and (state.timers[0].key < EXPIRY or state.awake[1] == c.NEVER):
        _fire(state, now)
    elif state.awake[1] < c.NEVER:
        _offer_held(state)
    else:
        arrive(state, now)


@helper
def _fold(state: State) -> int:
    while True:
        if _is_full(state):
            return FULL
        if _is_cramped(state):
            return GROW
        if state.job.mode == c.NOTHING:
            if state.awake[1] == c.NEVER and state.progress.handovers == 0:
                if not _turn_clock(state):
                    return DONE
                if state.progress.now_us >= state.progress.day_end_us:
                    return NEW_DAY
            _take_next(state)
            if state.progress.is_ahead != 0:
                return AHEAD
        if state.job.mode != c.NOTHING:
            offer(state)


@kernel(signature_of(types.int64, State))
def fold(state: State) -> int:
    """Take all arrivals and events, and all that falls due up to them and to ``Progress.last_us``, in the stated order.

    Returns DONE; or FULL when the buffers must be emptied before going on; GROW when there is no room for more holds,
    open items, timers, grants or persons; or NEW_DAY when the next event, at ``Progress.now_us``, lies beyond
    ``Progress.day_end_us``, so that the day can be summed up; or AHEAD when a group must be laid out to which an item
    goes on that waits. At one instant: what is told of items, changes of availability and windows, steps of targets
    and what those leave who go, held items by (priority, arrival) over all pools, entries for held items, arrivals; and
    what one of them frees is looked at before the next.
    """
    return _fold(refer(state))
