"""Owners who are gone, inside the fold: their open items go to deputies or queues, or are offered to the others.

Belongs here: compiled helpers over what users leave behind, and what becomes of an item that finds nobody. Does not
belong here: who is gone (shell), and the offer itself (``offers``).

All items of a user who goes are put in line at that instant; they are handed over before anything else that waits, in
the order of steps of targets: (priority, arrival).
"""

from __future__ import annotations

import numpy.typing as npt

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit, emit_bare, emit_breach
from rr_pipeline.core.kernel.holds import note_passed, park, plan_wake
from rr_pipeline.core.kernel.item_records import FIRST_TOUCH, RESOLVE, Handover
from rr_pipeline.core.kernel.open_items import drop, hand_on, leave_trail, note_person, note_row, slot_of
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.steps import set_lost
from rr_pipeline.core.kernel.stretches import stretch_of
from rr_pipeline.core.kernel.timers import IDLE_STEP, ITEM, ITEM_SHIFT, set_expiry, set_idle_timer, timer_key
from rr_pipeline.core.kernel.touches import hear_touches, idle_fires, start_clock
from rr_pipeline.core.kernel.trees import tree_set
from rr_pipeline.core.kernel.waiters import add_waiter


@helper
def _put(line: npt.NDArray[Handover], at: int, key: int, row: int, leaving: int) -> None:
    one = line[at]
    one.key, one.row, one.leaving = key, row, leaving


@helper
def _is_before(line: npt.NDArray[Handover], at: int, key: int, leaving: int) -> bool:
    """Tell whether an entry of the line comes before another one: of one item who goes first."""
    one = line[at]
    return one.key < key or (one.key == key and one.leaving < leaving)  # type: ignore[no-any-return]


@helper
def _push(state: State, key: int, row: int, leaving: int) -> None:
    """Add an item to the line, a heap with the least key first."""
    line, at = state.handovers, state.progress.handovers
    state.progress.handovers = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if _is_before(line, above, key, leaving):
            break
        _put(line, at, line[above].key, line[above].row, line[above].leaving)
        at = above
    _put(line, at, key, row, leaving)


@helper
def _pop(state: State) -> None:
    """Take the first item from the line."""
    line, count = state.handovers, state.progress.handovers - 1
    state.progress.handovers = count
    last, at = line[count], 0
    key, row, leaving = last.key, last.row, last.leaving
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count and _is_before(line, below + 1, line[below].key, line[below].leaving):
            below += 1
        if not _is_before(line, below, key, leaving):
            break
        _put(line, at, line[below].key, line[below].row, line[below].leaving)
        at = below
    _put(line, at, key, row, leaving)


@helper
def take_leaving(state: State) -> None:
    """Somebody goes: put the open items that are theirs in line."""
    place = state.progress.next_leaving
    leaving = state.leavings[place]
    state.progress.next_leaving = place + 1
    for row in range(state.progress.open_items.used):
        item = state.open_items[row]
        is_spared = leaving.spares_touched != 0 and item.touched_us < c.NEVER
        if item.is_live != 0 and state.tallies[item.slot].user == leaving.user and not is_spared:
            _push(state, timer_key(state, item.group, item.item_seq), row, place)


@helper
def hand_over(state: State) -> None:
    """See to the first item of the line, if it is still theirs who goes; to be offered or queued it is made the job."""
    first = state.handovers[0]
    row, item_seq = first.row, first.key >> ITEM_SHIFT & ITEM
    leaving = state.leavings[first.leaving]
    _pop(state)
    item = state.open_items[row]
    if item.is_live == 0 or item.item_seq != item_seq or state.tallies[item.slot].user != leaving.user:
        return
    set_lost(state, c.HANDED if leaving.queue < 0 else c.TAKEN_AWAY, row, leaving.cause)
    if leaving.queue >= 0:
        state.job.queue = leaving.queue
    elif leaving.deputy >= 0:
        _give_to_deputy(state, row, leaving.deputy)


@helper
def take_idle(state: State, row: int, item_seq: int, due: int) -> None:
    """See to an item whose owner has done nothing about it for long. To be offered or queued it is made the job.

    Only at once it may go to a deputy; where it has to wait, it waits for somebody to whom it can be offered.
    """
    item, progress = state.open_items[row], state.progress
    if item.is_live == 0 or item.item_seq != item_seq or item.idle_us != due or progress.idle_after_us == c.NEVER:
        return
    item.idle_us = c.NEVER
    if item.is_idle == 0:
        fires = idle_fires(state, row)
        if fires > progress.now_us:  # touched meanwhile, or a person's now
            if fires < c.NEVER:
                set_idle_timer(state, row, fires)
            return
    set_lost(state, c.TAKEN_AWAY if progress.idle_goes == c.TO_QUEUE else c.HANDED, row, c.BY_IDLING)
    if progress.idle_goes == c.TO_QUEUE:
        state.job.queue = progress.idle_queue
    elif progress.idle_goes == c.TO_DEPUTY and item.is_idle == 0:
        place = stretch_of(state.deputies, state.tallies[item.slot].user, progress.now_us)
        if place >= 0:
            _give_to_deputy(state, row, state.deputies[place].deputy)


@helper
def _stay_idle(state: State, row: int, pool: int, now: int) -> None:
    """Nobody can take an idle item: it stays with its owner until somebody can, or the owner touches it."""
    item = state.open_items[row]
    if item.is_idle == 0:
        item.is_idle = 1
        add_waiter(state, row, RESOLVE, IDLE_STEP, pool)
    if item.at_closes == 0:
        plan_wake(state, pool, now, state.job.passed > 0)
    else:
        place = first_from(state.step_closes, now + 1)
        if place < state.step_closes.size:
            set_idle_timer(state, row, state.step_closes[place])


@helper
def _give_to_deputy(state: State, row: int, deputy: int) -> None:
    """Give the item of the job to the deputy of its owner: no turn, no limit, no move; capacity goes with it."""
    job, item, now = state.job, state.open_items[row], state.progress.now_us
    pool, previous = state.groups[item.group].pool, item.slot
    job.mode, state.contest.cost = c.NOTHING, 0
    hand_on(state, row, slot_of(state, deputy, pool), now)
    item.reassigned -= 1
    if state.users[deputy].first_slot >= 0:
        note_person(state, item.person, deputy, now)
    hear_touches(state, row, now)
    start_clock(state, row)
    rows = state.output.rows
    at = emit_bare(state, c.STAND_IN, item.item_seq, pool, now)
    rows.slot[at], rows.previous[at], rows.cause[at] = item.slot, previous, job.cause
    clock = item.clocks[FIRST_TOUCH]
    rows.target[at], rows.due_us[at] = clock.target, clock.due_us
    state.progress.is_special = 1


@helper
def conclude_handover(state: State, owner: int, pool: int, now: int, is_taken: bool) -> None:
    """After an item was offered because its owner is gone: it is no move; with nobody to take it, it waits.

    An absence alone leaves it with its owner, as does a pool that is no more; an idle one waits there for somebody.
    """
    job, opened, own = state.job, state.job.open_item, state.pools[pool]
    if is_taken:
        state.open_items[opened].reassigned -= 1
    elif job.cause == c.BY_IDLING:
        _stay_idle(state, opened, pool, now)
    elif job.cause == c.BY_DEPARTURE and own.end_slot > own.first_slot:
        wait_again(state, owner, pool, now)


@helper
def conclude_return(state: State, owner: int, pool: int, now: int) -> None:
    """A step sends an item back to its pool: it waits there, and whoever can take it is asked at this very instant."""
    job = state.job
    moves = state.open_items[job.open_item].reassigned + 1
    emit_breach(state, job.open_item, c.GIVEN_BACK, owner)
    hold = wait_again(state, owner, pool, now)
    state.holds[hold].reassigned, state.holds[hold].is_returned = moves, 1
    tree_set(state.wakes, pool, now)


@helper
def wait_again(state: State, owner: int, pool: int, now: int) -> int:
    """Let the item of the job wait in its pool in place of being its owner's; return its hold."""
    job, opened = state.job, state.job.open_item
    row = emit(state, c.HOLD, job.item_seq, pool, now)
    state.output.rows.cause[row], state.output.rows.previous[row] = job.cause, owner
    state.progress.is_special = 1
    leave_trail(state, opened)
    place, moves = state.open_items[opened].trail, state.open_items[opened].reassigned
    drop(state, opened, now)
    hold = park(state, job.item_seq, job.group, job.person, now)
    state.holds[hold].trail, state.holds[hold].reassigned = place, moves
    set_expiry(state, hold)
    note_row(state, job.item_seq, 2 * hold + 1)
    note_passed(state, hold, now, job.passed)
    plan_wake(state, pool, now, job.passed > 0)
    return hold
