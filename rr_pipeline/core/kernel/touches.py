"""Clocks of targets inside the fold: when they start, what stops them in time, and when a step is due.

Belongs here: compiled helpers over the target of an open item and its touches. Does not belong here: what is done about
a missed target (``fold``, ``offers``), and how timers are kept (``timers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.codes import NEVER, TOUCH
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_clock
from rr_pipeline.core.kernel.item_records import BY_DEFAULT, CREATED, FIRST_TOUCH, TOLD, Event
from rr_pipeline.core.kernel.open_items import release
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.step_closes import close_of
from rr_pipeline.core.kernel.tellings import told_of
from rr_pipeline.core.kernel.timers import set_idle_timer, set_step_timer
from rr_pipeline.core.kernel.working_time import due_at, start_at

working_due, working_start = helper(due_at), helper(start_at)


@helper
def after_close(state: State, due: int) -> int:
    """Return when a step is taken that is due then: then, but just after a close, so that time has passed it."""
    closes = state.closes
    place = first_from(closes, due)
    return due + 1 if place < closes.size and closes[place] == due else due


@helper
def idle_fires(state: State, row: int) -> int:
    """Return when an open item is taken for idle, not before now; NEVER: not in this run.

    That is a step whose own instant is so long after its owner was told (where steps are taken at their own instants:
    got it), or last touched it. What a person gave to somebody is never idle.
    """
    item, progress = state.open_items[row], state.progress
    if progress.idle_after_us == NEVER or item.is_given != 0:
        return NEVER
    pool, now = state.pools[state.groups[item.group].pool], progress.now_us
    own = max(item.told_us if item.at_closes != 0 else item.since_us, item.acted_us) + progress.idle_after_us
    own += pool.delay_us
    if item.at_closes == 0:
        return max(now, after_close(state, own))
    return close_of(state.step_closes, state.activities, own, max(item.told_us, now - 1), pool.wait_us)


@helper
def plan_idle(state: State, row: int) -> None:
    """Set the timer that says when an open item is idle."""
    fires = idle_fires(state, row)
    if fires < NEVER:
        set_idle_timer(state, row, fires)


@helper
def _note_act(state: State, row: int, occurred: int) -> None:
    """The owner of an open item did something about it; where that is new, it is idle no longer."""
    item = state.open_items[row]
    if occurred > item.acted_us:
        item.acted_us = occurred
        if item.is_idle != 0:
            item.is_idle = 0
            plan_idle(state, row)


@helper
def note_touch(state: State, row: int, user: int, occurred: int, now: int) -> None:
    """Note a touch of an open item if its owner did it since they have it; the earliest one counts."""
    item = state.open_items[row]
    is_owner = user == state.tallies[item.slot].user
    # Before an item was moved what somebody does counts for nothing; of the first owner it counts from its creation on.
    is_first = item.trail < 0 and item.given_us < item.since_us
    since = item.created_us if is_first else item.since_us
    if is_owner and since <= occurred:
        _note_act(state, row, occurred)
    if is_owner and since <= occurred < item.touched_us:
        item.touched_us = occurred
        item.clocks[FIRST_TOUCH].waits = 0  # the owner is at it: nothing moves the item any more
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
def in_clock(state: State, target: int, slot: int, origin: int, length: int) -> int:
    """Return the instant that lies so long after another one in a target's clock; before it if ``length`` is below 0.

    Working time is that of the member in ``slot``.
    """
    if state.targets[target].is_working == 0:
        return origin + length
    pair = state.tallies[slot].clock
    if length < 0:
        return working_start(state.clocks, pair, origin, -length)
    return working_due(state.clocks, pair, origin, length)


@helper
def note_origin(state: State, row: int, created: int, at_closes: int) -> None:
    """Note of an open item what stays with it whoever owns it, and that its first owner is told."""
    item = state.open_items[row]
    item.created_us, item.at_closes = min(created, item.since_us), at_closes
    item.told_us = told_of(state, item.item_seq, state.tallies[item.slot].user, item.since_us)


@helper
def taken_at(state: State, row: int, own: int) -> int:
    """Return when a step of an open item is taken whose own instant is ``own``; NEVER: not in this run."""
    item = state.open_items[row]
    pool = state.pools[state.groups[item.group].pool]
    if item.at_closes == 0:
        return after_close(state, own + pool.delay_us)
    # What a person gave to somebody became known at a close, at which nothing is done about it yet.
    told = max(item.told_us, item.given_us)
    return close_of(state.step_closes, state.activities, own + pool.delay_us, told, pool.wait_us)


@helper
def plan_step(state: State, row: int, kind: int) -> None:
    """Note the instant of the next step of a clock, if one is left, and set its timer."""
    item = state.open_items[row]
    clock = item.clocks[kind]
    terms = state.targets[clock.target]
    clock.step_us = NEVER
    if clock.step < terms.count and clock.due_us < NEVER:
        own = in_clock(state, clock.target, item.slot, clock.due_us, terms.steps[clock.step].at_us)
        if own < NEVER:
            clock.step_us = own if own > item.since_us else item.since_us + 1
            fires = taken_at(state, row, clock.step_us)
            if fires < NEVER:
                # Of a gift that is told late the step may lie in the past.
                fires = max(fires, item.given_us + 1, state.progress.now_us)
                set_step_timer(state, row, kind, clock.step, fires)


@helper
def _starts_at(state: State, row: int, target: int) -> int:
    """Return when the clock of a target starts for the owner of an open item."""
    item, starts = state.open_items[row], state.targets[target].starts
    if starts == CREATED:
        return item.created_us  # type: ignore[no-any-return]
    if starts == TOLD or (starts == BY_DEFAULT and item.at_closes != 0):
        return item.told_us  # type: ignore[no-any-return]
    return item.since_us  # type: ignore[no-any-return]


@helper
def _start(state: State, row: int, kind: int, target: int) -> None:
    """Start the clock of a target of an open item; one that counts from the item's creation goes on."""
    item = state.open_items[row]
    clock = item.clocks[kind]
    if clock.target != target:
        clock.target, clock.step, clock.waits = target, 0, 0
        origin = _starts_at(state, row, target)
        clock.due_us = in_clock(state, target, item.slot, origin, state.targets[target].within_us)
    plan_step(state, row, kind)


@helper
def start_clock(state: State, row: int) -> None:
    """Start the clocks of the targets that apply to an open item. The decision says when the first touch is due."""
    item = state.open_items[row]
    item.told_us = item.since_us
    if item.is_given == 0:
        item.told_us = told_of(state, item.item_seq, state.tallies[item.slot].user, item.since_us)
    for kind in range(2):
        target = state.groups[state.open_items[row].group].targets[kind]
        if target >= 0:
            _start(state, row, kind, target)
            if kind != FIRST_TOUCH:
                emit_clock(state, row, kind)
        elif item.clocks[kind].target >= 0:
            clock = item.clocks[kind]
            clock.target, clock.due_us, clock.step, clock.waits = -1, NEVER, 0, 0
    plan_idle(state, row)


@helper
def start_kept(state: State, row: int) -> None:
    """Start the clocks of an item that its existing owner keeps."""
    for kind in range(2):
        target = state.groups[state.open_items[row].group].kept_targets[kind]
        if target >= 0:
            _start(state, row, kind, target)
            emit_clock(state, row, kind)


@helper
def is_due(state: State, row: int, item_seq: int, kind: int, step: int, fires: int) -> bool:  # noqa: PLR0917 - a timer
    """Tell whether a timer still means something: the step comes next or waits, and the target is not met."""
    item = state.open_items[row]
    clock = item.clocks[kind]
    if item.is_live == 0 or item.item_seq != item_seq or clock.target < 0 or item.given_us >= fires:
        return False
    if kind == FIRST_TOUCH and item.touched_us <= clock.due_us:
        return False
    if item.at_closes != 0 and fires <= item.told_us:
        return False  # a timer of the owner before, whom the clock did not end with
    if clock.waits >> step & 1 != 0:
        return True
    if clock.step != step or clock.step_us == NEVER:
        return False
    fires_at = clock.step_us + state.pools[state.groups[item.group].pool].delay_us
    if item.at_closes != 0:  # the timer may be of the owner before
        fires_at = taken_at(state, row, clock.step_us)
    return fires_at <= fires  # type: ignore[no-any-return]
