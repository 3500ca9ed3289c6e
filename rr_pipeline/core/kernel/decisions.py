"""Writing what the fold decides: rows of output, breaches, and the job that is offered next.

Belongs here: compiled helpers that write to ``State.output`` and ``State.job``. Does not belong here: what is decided
(``offers``, ``steps``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel.codes import AHEAD, ARRIVED, BY_BREACH, CLOCK, DECLINED, LATER, LEAST_LOADED, MISSED
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.state import State


@helper
def set_job(  # noqa: PLR0917 - what a job is made of
    state: State, mode: int, item_seq: int, group: int, person: int, cause: int
) -> None:
    """Say what is to be offered next; of a held or an open item its row is to be set besides."""
    job = state.job
    job.mode, job.item_seq, job.group, job.person, job.cause = mode, item_seq, group, person, cause
    job.hold, job.open_item, job.hops, job.passed, job.is_named = -1, -1, 0, 0, 0
    job.at_closes, job.created_us = state.progress.waits_at_closes, state.progress.now_us
    job.is_known = mode != ARRIVED


@helper
def emit_bare(state: State, kind: int, item_seq: int, pool: int, now: int) -> int:
    """Write a row of output that considers nobody, and return its number."""
    rows, row = state.output.rows, state.progress.rows
    state.progress.rows = row + 1
    state.output.offset[row + 1] = state.progress.cells
    rows.item_seq[row], rows.pool[row], rows.kind[row], rows.at_us[row] = item_seq, pool, kind, now
    rows.slot[row], rows.turn[row], rows.token[row] = -1, -1, -1
    return row


@helper
def emit(state: State, kind: int, item_seq: int, pool: int, now: int) -> int:
    """Write a row of output with the members as last considered, and return its number."""
    own = state.pools[pool]
    first, size = own.first_slot, own.end_slot - own.first_slot
    if own.strategy == LEAST_LOADED:
        for k in range(size):
            state.output.load[state.progress.cells + k] = state.tallies[first + k].open_count
        state.output.rows.is_by_load[state.progress.rows] = 1
        state.progress.is_special = 1
    state.progress.cells += size
    return emit_bare(state, kind, item_seq, pool, now)


@helper
def emit_moved(state: State, kind: int, pool: int, cause: int, sent_to: int) -> int:
    """Write a row of output of the job's item that goes on to a pool or a queue, and return its number."""
    row = emit(state, kind, state.job.item_seq, pool, state.progress.now_us)
    state.output.rows.cause[row], state.output.rows.sent_to[row] = cause, sent_to
    state.progress.is_special = 1
    return row


@helper
def emit_breach(state: State, row: int, outcome: int, slot: int) -> None:
    """Write what came of a step of a target, or of an owner in ``slot`` who declined. ``row``: of the open item."""
    breach, item, job = state.output.breaches[state.progress.breaches], state.open_items[row], state.job
    state.progress.breaches += 1
    breach.item_seq, breach.pool, breach.slot = item.item_seq, state.tallies[slot].pool, slot
    breach.kind, breach.place = MISSED if job.cause == BY_BREACH else DECLINED, job.step
    if job.step >= 0:
        after = state.targets[job.target].steps[job.step].at_us
        if after > 0 or job.is_again != 0:
            breach.kind = LATER
        elif after < 0:
            breach.kind = AHEAD
    breach.is_notified, breach.outcome = job.is_notified, outcome
    breach.at_us = state.progress.now_us
    breach.target, breach.due_us = job.target, job.due_us


@helper
def emit_clock(state: State, row: int, kind: int) -> None:
    """Write that the clock of a target of an open item starts."""
    item, clock = state.open_items[row], state.open_items[row].clocks[kind]
    breach = state.output.breaches[state.progress.breaches]
    state.progress.breaches += 1
    breach.item_seq, breach.pool, breach.slot, breach.kind = (
        item.item_seq,
        state.tallies[item.slot].pool,
        item.slot,
        CLOCK,
    )
    breach.target, breach.due_us, breach.at_us, breach.place = clock.target, clock.due_us, item.since_us, -1
    breach.is_notified, breach.outcome = 0, 0
