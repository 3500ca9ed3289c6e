"""Pauses of whole pools, as arrays of a version.

Belongs here: times in which pools are paused, laid end to end. Does not belong here: pauses of members
(``calendar.eligibility``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy.typing as npt

from rr_pipeline.core.kernel.item_records import PauseSpan
from rr_pipeline.core.kernel.pool_records import Pool as PoolRow
from rr_pipeline.core.kernel.records import table_of
from rr_pipeline.core.model import Pause


def lay_out_pauses(
    pauses: Sequence[Pause], pool_ids: Sequence[str], pools: npt.NDArray[PoolRow]
) -> npt.NDArray[PauseSpan]:
    """Return the times in which each pool is paused, those that touch as one; sets the ranges of ``pools``."""
    rows: list[tuple[int, int]] = []
    for place, pool_id in enumerate(pool_ids):
        pools[place].first_pause = len(rows)
        own = sorted((one.from_us, one.until_us) for one in pauses if one.pool_id == pool_id and one.member_id is None)
        for from_us, until_us in own:
            if len(rows) > pools[place].first_pause and from_us <= rows[-1][1]:
                rows[-1] = rows[-1][0], max(rows[-1][1], until_us)
            elif from_us < until_us:
                rows.append((from_us, until_us))
        pools[place].end_pause = len(rows)
    table = table_of(PauseSpan, len(rows))
    for place, row in enumerate(rows):
        table[place] = row
    return table
