"""Steps of targets that wait for somebody, inside the fold.

Belongs here: compiled helpers over the table of what waits. Does not belong here: when a pool is worth another look
(``holds``), and what a step does (``steps``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.timers import IDLE_STEP, set_idle_timer, set_step_timer


@helper
def _still_waits(state: State, row: int, clock: int, step: int) -> bool:
    """Tell whether a step of an open item waits for somebody, or the item itself, being idle."""
    item = state.open_items[row]
    if step == IDLE_STEP:
        return item.is_idle != 0  # type: ignore[no-any-return]
    return item.clocks[clock].waits >> step & 1 != 0  # type: ignore[no-any-return]


@helper
def add_waiter(state: State, row: int, clock: int, step: int, pool: int) -> None:
    """Let a step of an open item wait for somebody in a pool."""
    waiter = state.waiters[state.progress.waiters]
    state.progress.waiters += 1
    state.pools[pool].waiters += 1
    waiter.row, waiter.item_seq, waiter.clock, waiter.step, waiter.pool = (
        row,
        state.open_items[row].item_seq,
        clock,
        step,
        pool,
    )


@helper
def call_waiters(state: State, pool: int, now: int) -> None:
    """Let all steps that wait in a pool be looked at now. What waits no longer is forgotten."""
    waiters, place = state.waiters, 0
    while place < state.progress.waiters:
        one = waiters[place]
        item = state.open_items[one.row]
        is_same = item.is_live != 0 and item.item_seq == one.item_seq
        if one.pool != pool:
            place += 1
        elif is_same and _still_waits(state, one.row, one.clock, one.step):
            if item.at_closes != 0:  # looked at when a close comes
                pass
            elif one.step == IDLE_STEP:
                set_idle_timer(state, one.row, now)
            else:
                set_step_timer(state, one.row, one.clock, one.step, now)
            place += 1
        else:
            state.pools[pool].waiters -= 1
            state.progress.waiters -= 1
            last = waiters[state.progress.waiters]
            one.row, one.item_seq, one.clock, one.step, one.pool = (
                last.row,
                last.item_seq,
                last.clock,
                last.step,
                last.pool,
            )
