"""Numbers of rosters: who stood in a pool of a version, in which order, with which weights.

Belongs here: which of them a version in force has a number for, and the next numbers. Does not belong here: members
themselves (``epochs``).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.frames import ROSTERS
from rr_pipeline.core.kernel.state import Columns
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.output import considers_nobody


class RosterBook:
    """The numbers of the rosters of one version, by pool; -1: it has not decided yet."""

    def __init__(self, epoch: Epoch, known: pl.DataFrame) -> None:
        own = known.filter(pl.col("policy_version") == epoch.policy.version)
        numbers = dict(own.select("pool_id", "roster_id").rows())
        found = [numbers.get(pool.pool_id, -1) for pool in epoch.numbering.pools]
        self.ids: npt.NDArray[np.int64] = np.array(found, dtype=np.int64)

    def name(self, epoch: Epoch, rows: Columns, known: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Number the rosters that decide for the first time, in the order of their first decisions.

        Return them, and all that are ``known`` with them.
        """
        if (self.ids >= 0).all():
            return pl.DataFrame(schema=ROSTERS), known
        pools = rows.pool[~considers_nobody(rows)]
        nameless = pools[self.ids[pools] < 0]
        used, first = np.unique(nameless, return_index=True)
        new = used[np.argsort(first)]
        start = known.height + 1
        self.ids[new] = np.arange(start, start + new.size)
        named = [epoch.numbering.pools[place] for place in new.tolist()]
        rosters = pl.DataFrame(
            {
                "roster_id": self.ids[new],
                "pool_id": [pool.pool_id for pool in named],
                "policy_version": [epoch.policy.version] * new.size,
                "member_ids": [[member.member_id for member in pool.members] for pool in named],
                "weights": [[member.weight for member in pool.members] for pool in named],
            },
            schema=ROSTERS,
        )
        return rosters, pl.concat([known, rosters.drop("member_ids", "weights")])
