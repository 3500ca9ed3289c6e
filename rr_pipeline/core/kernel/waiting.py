"""Items that wait, inside the fold: the entries of a pool's list, one after the other.

Belongs here: compiled helpers that take one entry. Does not belong here: queues (``holds``), when an entry is taken
(``timers``), or what comes of the offers that follow (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_bare, set_job
from rr_pipeline.core.kernel.holds import regroup, set_next_wait
from rr_pipeline.core.kernel.state import State
from rr_pipeline.core.kernel.timers import set_expiry, wait_instant


@helper
def is_wait_due(state: State, hold: int, item_seq: int, now: int) -> bool:
    """Tell whether the timer of a hold still means something."""
    held = state.holds[hold]
    if held.item_seq != item_seq or held.waits == 0 or held.expires_us > now:
        return False
    return wait_instant(state, hold) <= now


@helper
def onward_of(state: State, hold: int) -> int:
    """Return the group to which the next entry leads a hold: its own where it stays, or UNKNOWN_GROUP, NOWHERE."""
    held = state.holds[hold]
    move = state.waits[held.next_wait].move
    return held.group if move < 0 else state.onward[held.group, move]  # type: ignore[no-any-return]


@helper
def take_wait(state: State, hold: int, now: int) -> None:
    """Take the next entry for a held item. Where it is offered then, or goes on, it is made the job.

    What changes nothing leaves no row: skills that it did not need, a pool that is no more.
    """
    held, onward = state.holds[hold], onward_of(state, hold)
    entry, due = state.waits[held.next_wait], held.expires_us
    kind = entry.kind
    held.next_wait += 1
    set_next_wait(state, hold)
    if kind == c.FAILOVER or kind == c.QUEUE:  # noqa: PLR1714 - as compiled code knows it
        if onward != c.NOWHERE:
            set_job(state, c.RAN_OUT, held.item_seq, held.group, held.person, c.BY_EXPIRY)
            state.job.hold, state.job.queue = hold, entry.queue
            state.job.onward = onward if kind == c.FAILOVER else -1
            state.job.at_closes, state.job.is_named = held.at_closes, held.is_named
    elif kind == c.ALERT or onward != held.group:
        row = emit_bare(state, kind, held.item_seq, state.groups[held.group].pool, now)
        state.output.rows.cause[row], state.output.rows.due_us[row] = c.BY_WAITING, due
        state.output.rows.sent_to[row] = -2 - entry.name if entry.name >= 0 else -1
        state.progress.is_special = 1
        if kind != c.ALERT:
            regroup(state, hold, onward)
        if kind == c.DROP:
            set_job(state, c.HELD_ITEM, held.item_seq, onward, held.person, -1)
            state.job.hold, state.job.is_named = hold, held.is_named
    set_expiry(state, hold)
