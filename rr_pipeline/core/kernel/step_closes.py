"""At which close a step of a live item is taken.

Belongs here: the one rule of it, for compiled code and for arrays. Does not belong here: the instant of a step itself
(``touches``), and which closes there are (the caller).

A step is taken at the first close at or after its own instant by which every source of activities has delivered up to
there, so that no touch is still on its way; at the latest at the first close so long after it as the pool waits; and
never before the close after the one at which its owner was told.
"""

from __future__ import annotations

import numpy as np

from rr_pipeline.core.kernel.ascending import first_from
from rr_pipeline.core.kernel.codes import NEVER
from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.records import Int64s


@helper
def close_of(closes: Int64s, activities: Int64s, own: int, told: int, wait: int) -> int:
    """Return the close at which a step of the instant ``own`` is taken, NEVER where none of these is it.

    ``closes`` ascend; ``activities``: up to when activities are known at each. ``told``: when its owner was. ``wait``:
    how long it waits for activities at most.
    """
    after = max(own, told + 1)
    place = max(first_from(closes, after), first_from(activities, own))
    place = min(place, first_from(closes, max(own + wait, told + 1)))
    return closes[place] if place < closes.size else NEVER


def closes_of(closes: Int64s, activities: Int64s, own: Int64s, told: Int64s, wait: Int64s) -> Int64s:
    """Return the same of many steps."""
    after = np.maximum(own, told + 1)
    place = np.maximum(np.searchsorted(closes, after), np.searchsorted(activities, own))
    place = np.minimum(place, np.searchsorted(closes, np.maximum(own + wait, told + 1)))
    taken: Int64s = np.append(closes, NEVER)[place]
    return taken
