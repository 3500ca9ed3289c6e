"""Where and when the lists of items that wait take them, worked out for all of them at once.

Belongs here: the groups that lists lead to, and the instants of next entries. Does not belong here: lists themselves
(``wait_book``), groups (``groups``), and what entries do (``kernel.waiting``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.kernel.codes import FAILOVER, NEVER, QUEUE
from rr_pipeline.core.kernel.item_records import Hold, Wait
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.groups import GroupBook, Items

Int64s = npt.NDArray[np.int64]


def stations(items: Items, following: Int64s, end: Int64s, waits: npt.NDArray[Wait], book: GroupBook) -> list[Items]:
    """Return where items stand, and where each entry that is left to them takes them, one after the other.

    ``following``, ``end``: the entry that comes next for each, and the end of its list.
    """
    at, stands, found = following.copy(), items, [items]
    while (at < end).any():
        move = np.where(at < end, waits["move"][np.minimum(at, waits.size - 1)], -1)
        for number in np.unique(move[move >= 0]).tolist():
            chosen = np.flatnonzero(move == number)
            goes = book.moved(number, stands.taken(chosen))
            if goes is not None:
                stands = stands.with_moved(chosen, goes)
                found.append(goes)
        at += 1
    return found


def wait_instants(holds: npt.NDArray[Hold], pool: Int64s, epoch: Epoch, closes: Int64s) -> Int64s:
    """Return when the next entry for each hold is taken, as in ``timers.wait_instant``. ``pool``: of each hold."""
    closes, at = np.append(closes, NEVER), holds["expires_us"].copy()
    entries, pauses = epoch.waits.table, epoch.pauses
    ends = np.zeros(holds.size, dtype=np.bool_)
    is_left = at < NEVER
    ends[is_left] = np.isin(entries["kind"][holds["next_wait"][is_left]], (FAILOVER, QUEUE))
    before = at - 1
    while (at != before).any():
        before = at.copy()
        for place in np.unique(pool[ends]).tolist() if pauses.size else ():
            own = epoch.pools[place]
            for pause in pauses[own.first_pause : own.end_pause]:
                is_inside = ends & (pool == place) & (pause.from_us <= at) & (at < pause.until_us)
                at[is_inside] = pause.until_us
        closed = closes[np.minimum(np.searchsorted(closes, at), closes.size - 1)]
        at = np.where(holds["at_closes"] != 0, closed, at)
    return at
