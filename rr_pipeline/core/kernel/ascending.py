"""Looking for an instant among ascending ones.

Belongs here: the one search that compiled code makes in a list of instants. Does not belong here: searches in a part of
a list (``working_time``) and among events (``touches``), which compare otherwise.
"""

from __future__ import annotations

from rr_pipeline.core.kernel.compiler import helper
from rr_pipeline.core.kernel.records import Int64s


@helper
def first_from(instants: Int64s, at: int) -> int:
    """Return the place of the first of ascending instants that is not before ``at``; their number where none is."""
    low, high = 0, instants.size
    while low < high:
        middle = (low + high) // 2
        if instants[middle] < at:
            low = middle + 1
        else:
            high = middle
    return low
