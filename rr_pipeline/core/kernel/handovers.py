"""Owners who are gone, inside the fold: their open items are offered to the others, in order.

Belongs here: compiled helpers over what users leave behind, and what becomes of an item that finds nobody. Does not
belong here: who is gone (shell), and the offer itself (``offers``).

All items of a user who goes are put in line at that instant; they are handed over before anything else that waits, in
the order of steps of targets: (priority, arrival).
"""

from __future__ import annotations

import numpy.typing as npt

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit
from rr_pipeline.core.kernel.holds import note_passed, park, plan_wake
from rr_pipeline.core.kernel.item_records import Handover
from rr_pipeline.core.kernel.open_items import drop, note_row
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.steps import set_lost
from rr_pipeline.core.kernel.timers import ITEM, ITEM_SHIFT, set_expiry, timer_key


@helper
def _put(  # noqa: PLR0917 - where, and the fields of the record
    line: npt.NDArray[Handover], at: int, key: int, row: int, user: int, cause: int
) -> None:
    one = line[at]
    one.key, one.row, one.user, one.cause = key, row, user, cause


@helper
def _push(state: State, key: int, row: int, user: int, cause: int) -> None:
    """Add an item to the line, a heap with the least key first."""
    line, at = state.handovers, state.progress.handovers
    state.progress.handovers = at + 1
    while at > 0:
        above = (at - 1) >> 1
        if line[above].key <= key:
            break
        _put(line, at, line[above].key, line[above].row, line[above].user, line[above].cause)
        at = above
    _put(line, at, key, row, user, cause)


@helper
def _pop(state: State) -> None:
    """Take the first item from the line."""
    line, count = state.handovers, state.progress.handovers - 1
    state.progress.handovers = count
    last, at = line[count], 0
    key, row, user, cause = last.key, last.row, last.user, last.cause
    while 2 * at + 1 < count:
        below = 2 * at + 1
        if below + 1 < count and line[below + 1].key < line[below].key:
            below += 1
        if key <= line[below].key:
            break
        _put(line, at, line[below].key, line[below].row, line[below].user, line[below].cause)
        at = below
    _put(line, at, key, row, user, cause)


@helper
def take_leaving(state: State) -> None:
    """Somebody goes: put the open items that are theirs in line."""
    leaving = state.leavings[state.progress.next_leaving]
    state.progress.next_leaving += 1
    for row in range(state.progress.open_items.used):
        item = state.open_items[row]
        is_spared = leaving.spares_touched != 0 and item.touched_us < c.NEVER
        if item.is_live != 0 and state.tallies[item.slot].user == leaving.user and not is_spared:
            _push(state, timer_key(state, item.group, item.item_seq), row, leaving.user, leaving.cause)


@helper
def hand_over(state: State) -> None:
    """Make the first item of the line the job, if it still is of who goes."""
    first = state.handovers[0]
    row, user, cause, item_seq = first.row, first.user, first.cause, first.key >> ITEM_SHIFT & ITEM
    _pop(state)
    item = state.open_items[row]
    if item.is_live != 0 and item.item_seq == item_seq and state.tallies[item.slot].user == user:
        set_lost(state, c.HANDED, row, cause)


@helper
def conclude_handover(state: State, owner: int, pool: int, now: int, is_taken: bool) -> None:
    """After an item was offered because its owner is gone: it is no move; with nobody to take it, it waits.

    An absence alone leaves it with its owner, as does a pool that is no more.
    """
    job, opened, own = state.job, state.job.open_item, state.pools[pool]
    if is_taken:
        state.open_items[opened].reassigned -= 1
    elif job.cause == c.BY_DEPARTURE and own.end_slot > own.first_slot:
        row = emit(state, c.HOLD, job.item_seq, pool, now)
        state.output.rows.cause[row], state.output.rows.previous[row] = job.cause, owner
        state.progress.is_special = 1
        place = state.progress.trail
        state.progress.trail = place + 1
        earlier = state.trail[place]
        earlier.user, earlier.following = state.tallies[owner].user, state.open_items[opened].trail
        earlier.since_us = state.open_items[opened].since_us
        drop(state, opened, now)
        hold = park(state, job.item_seq, job.group, job.person, now)
        state.holds[hold].trail = place
        set_expiry(state, hold)
        note_row(state, job.item_seq, 2 * hold + 1)
        note_passed(state, hold, now, job.passed)
        plan_wake(state, pool, now, job.passed > 0)
