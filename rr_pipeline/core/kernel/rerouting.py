"""Items that belong elsewhere now, inside the fold: they wait no longer where they do, and come once more.

Belongs here: compiled helpers for both halves, the news and the arrival of its instant. Does not belong here: what says
that an item belongs elsewhere (sql), or the offer (``offers``).
"""

from __future__ import annotations

from rr_pipeline.core.kernel import codes as c
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.decisions import emit_bare
from rr_pipeline.core.kernel.holds import take_out
from rr_pipeline.core.kernel.open_items import drop, forget_row, in_queue_since, moved_from, note_moving, note_queue
from rr_pipeline.core.kernel.state import State


@helper
def leave_for_elsewhere(state: State, item_seq: int, row: int, now: int) -> None:
    """An item belongs elsewhere now: if it is held, or in a queue, it is nobody's until it comes again at this instant.

    ``row``: where it stands, as ``find_row`` says. To what somebody has nothing happens, unless they got it a short
    time ago and have not touched it.
    """
    if row >= 0 and row & 1 != 0:
        take_out(state, row >> 1)
        forget_row(state, item_seq)
        note_moving(state, item_seq, -1)
    elif row >= 0:
        item = state.open_items[row >> 1]
        within = state.pools[state.groups[item.group].pool].reroute_within_us
        if within > 0 and now - item.since_us <= within and item.touched_us == c.NEVER and item.is_given == 0:
            slot = item.slot
            drop(state, row >> 1, now)
            note_moving(state, item_seq, slot)
    elif c.FAR_PAST < in_queue_since(state, item_seq) < c.NEVER:
        note_moving(state, item_seq, -1)


@helper
def comes_elsewhere(state: State, item_seq: int, pool: int, now: int) -> bool:
    """Tell whether an item that belongs elsewhere left where it waited, so that it is decided again; write it down."""
    if in_queue_since(state, item_seq) != c.NEVER:
        return False
    row = emit_bare(state, c.REROUTE, item_seq, pool, now)
    state.output.rows.cause[row], state.output.rows.previous[row] = c.BY_ELSEWHERE, moved_from(state, item_seq)
    note_queue(state, item_seq, c.FAR_PAST)
    state.progress.is_special = 1
    return True
