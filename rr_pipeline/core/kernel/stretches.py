"""Who stands in for whom, inside the fold: the stretch of a user that holds at an instant.

Belongs here: one look into a table of stretches. Does not belong here: what follows from it (``arriving``,
``handovers``).
"""

from __future__ import annotations

import numpy.typing as npt

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.item_records import StandIn


@helper
def stretch_of(stretches: npt.NDArray[StandIn], user: int, now: int) -> int:
    """Return the row of the stretch of a user that holds at an instant, -1 without one."""
    low, high = 0, stretches.size
    while low < high:  # the first row behind what began for the user by now
        middle = (low + high) // 2
        row = stretches[middle]
        if row.user < user or (row.user == user and row.from_us <= now):
            low = middle + 1
        else:
            high = middle
    if low > 0 and stretches[low - 1].user == user and now < stretches[low - 1].until_us:
        return low - 1
    return -1
