"""When owners are told that an item is theirs.

Belongs here: compiled helpers over closes and over what earlier runs told. Does not belong here: what follows from it
for clocks (``touches``) and for what a person says of an owner (``gifts``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.codes import NEVER
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.state import State


@helper
def _at_close(state: State, at: int) -> int:
    """Return when owners are told of what is decided at an instant: by this run at its end, else at the next close."""
    if state.progress.told_us < NEVER:
        return state.progress.told_us
    told, place = NEVER, first_from(state.closes, at)
    if place < state.closes.size:
        told = state.closes[place]
    place = first_from(state.wait_closes, at)
    if place < state.wait_closes.size:
        told = min(told, state.wait_closes[place])
    return told if told < NEVER else at


@helper
def first_telling(state: State, item_seq: int, user: int) -> int:
    """Return the first row of ``told_before`` of an owner of an item, -1: they were never made its owner."""
    table = state.told_before
    low, high = 0, table.size
    while low < high:
        middle = (low + high) // 2
        row = table[middle]
        if row.item_seq < item_seq or (row.item_seq == item_seq and row.user < user):
            low = middle + 1
        else:
            high = middle
    if low < table.size and table[low].item_seq == item_seq and table[low].user == user:
        return low
    return -1


@helper
def told_of(state: State, item_seq: int, user: int, since: int) -> int:
    """Return when who got an item at ``since`` is told of it.

    In a restatement whoever had been told of the item keeps the first such instant that is not before ``since`` (else
    it is ``since``), what is decided as it was is told as it was, and others are told when the restatement takes place.
    """
    if state.progress.anew_us == NEVER:
        return _at_close(state, since)
    place, first, is_told = first_telling(state, item_seq, user), NEVER, False
    while 0 <= place < state.told_before.size:
        row = state.told_before[place]
        if row.item_seq != item_seq or row.user != user:
            break
        if row.since_us == since:
            return row.told_us if row.told_us < NEVER else _at_close(state, since)
        if row.told_us < NEVER:
            is_told = True
            if since <= row.told_us < first:
                first = row.told_us
        place += 1
    if first < NEVER:
        return first
    return since if is_told else state.progress.anew_us
