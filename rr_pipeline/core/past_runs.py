"""Earlier runs that a replay passes again, and whom they told.

Belongs here: what the router must know of them. Does not belong here: where that is stored, nor how they are passed
(driver).
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl


class PastRun(NamedTuple):
    """How an earlier run ended. All instants are microseconds since 1970.

    ``end_us``: what was final then; ``told_us``: when owners were told of what it decided; ``close_us``: when its steps
    were taken, and ``activities_us`` up to when activities were known then; ``taken``: arrivals that it and the runs
    before it took up.
    """

    end_us: int
    told_us: int
    close_us: int
    activities_us: int
    taken: int


TOLD_BEFORE = pl.Schema({"item_seq": pl.Int64, "member_id": pl.String, "since_us": pl.Int64, "told_us": pl.Int64})
"""One row per item and owner whom a decision made it. ``since_us``: when; null: that decision no longer stood.
``told_us``: when they were told; null: they lost the item before."""


class ToldBefore(NamedTuple):
    """Whom the runs that a restatement takes the place of had told.

    ``owners``: rows as ``TOLD_BEFORE``; ``anew_us``: when owners are told who had not been told of an item.
    """

    owners: pl.DataFrame
    anew_us: int
