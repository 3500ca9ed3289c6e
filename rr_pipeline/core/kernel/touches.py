"""Clocks of targets inside the fold: when they start, what stops them in time, and when a step is due.

Belongs here: compiled helpers over the target of an open item and its touches. Does not belong here: what is done about
a missed target (``fold``, ``offers``), and how timers are kept (``timers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import NEVER, TOUCH
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.item_records import Event
from rr_pipeline.core.kernel.open_items import release
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.timers import add_timer, timer_key
from rr_pipeline.core.kernel.working_time import due_at

working_due = helper(due_at)


@helper
def after_close(state: State, due: int) -> int:
    """Return when a step is taken that is due then: then, but just after a close, so that time has passed it."""
    closes = state.closes
    low, high = 0, closes.size
    while low < high:
        middle = (low + high) // 2
        if closes[middle] < due:
            low = middle + 1
        else:
            high = middle
    return due + 1 if low < closes.size and closes[low] == due else due


@helper
def note_touch(state: State, row: int, user: int, occurred: int, now: int) -> None:
    """Note a touch of an open item if its owner did it since they have it; the earliest one counts."""
    item = state.open_items[row]
    is_owner = user == state.tallies[item.slot].user
    if is_owner and item.since_us <= occurred < item.touched_us:
        item.touched_us = occurred
        if state.pools[state.groups[item.group].pool].until_touched != 0:
            release(state, row, now)


@helper
def _is_before_touches(event: Event, now: int, item_seq: int) -> bool:
    """Tell whether an event stands before the touches of an item at this instant."""
    is_earlier = event.kind < TOUCH or (event.kind == TOUCH and event.item_seq < item_seq)
    return event.at_us < now or (event.at_us == now and is_earlier)


@helper
def hear_touches(state: State, row: int, now: int) -> None:
    """Let touches count that the new owner of an open item told of at this very instant, before it was theirs."""
    item_seq, events, end = state.open_items[row].item_seq, state.events, state.progress.next_event
    low, high = 0, end
    if end == 0 or events[end - 1].at_us < now:
        low = end
    while low < high:  # the first event that is not before the item's touches of this instant
        middle = (low + high) // 2
        if _is_before_touches(events[middle], now, item_seq):
            low = middle + 1
        else:
            high = middle
    while low < end:
        event = events[low]
        if event.at_us != now or event.kind != TOUCH or event.item_seq != item_seq:
            break
        note_touch(state, row, event.user, event.occurred_us, now)
        low += 1


@helper
def start_clock(state: State, row: int) -> None:
    """Start the clock of the target that applies to an open item, if one does."""
    item = state.open_items[row]
    group = state.groups[item.group]
    if group.target >= 0:
        terms = state.targets[group.target]
        due = item.since_us + terms.within_us
        if terms.is_working != 0:
            due = working_due(state.clocks, state.tallies[item.slot].clock, item.since_us, terms.within_us)
        item.target, item.due_us = group.target, due
        if due < NEVER:
            fires = after_close(state, due + state.pools[group.pool].delay_us)
            add_timer(state, fires, timer_key(state, item.group, item.item_seq), row)


@helper
def is_missed(state: State, row: int, item_seq: int, fires: int) -> bool:
    """Tell whether the timer that fell due still means something, and nobody touched the item in time."""
    item = state.open_items[row]
    delay = state.pools[state.groups[item.group].pool].delay_us
    is_running = item.is_live != 0 and item.item_seq == item_seq and item.is_breached == 0 and item.due_us < NEVER
    return is_running and item.due_us + delay <= fires and item.touched_us > item.due_us  # type: ignore[no-any-return]
