"""What people did with the records: calls, mails and meetings, as two tables of the CRM.

Belongs here: activities and the form in which context files are handed to the writer. Does not belong
here: who gets what, which only a run decides; here somebody of the likely pool is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from rr_pipeline.demo import ids
from rr_pipeline.demo.arrivals import CRM_CASES, CRM_LEADS, World
from rr_pipeline.demo.cells import record_ids
from rr_pipeline.demo.draw import Draw, Ints
from rr_pipeline.demo.team import POOLS
from rr_pipeline.demo.timing import SECOND, iso_offset


@dataclass(frozen=True)
class Delivery:
    """One file: which source, which delivery, its rows as text (columns are headers)."""

    source: str
    delivery: int
    frame: pl.DataFrame


def activity_deliveries(world: World, pool_of: Ints) -> Iterator[Delivery]:
    """Yield the files of calls and mails and of meetings, on about half the CRM's leads and cases.

    ``pool_of``: see ``context_deliveries``. Who acts is somebody of the pool the item should come to.
    """
    draw = Draw(world.seed, "activities")
    rows = world.arrivals
    seen = np.flatnonzero(np.isin(rows.source, (CRM_LEADS, CRM_CASES)) & (rows.spoil == 0) & (pool_of >= 0))
    seen = seen[draw.chance(5_000, len(seen))]
    count = len(seen)
    delay = np.array([120, 600, 2_400, 7_200, 30_000, 90_000])[draw.below(6, count)] + draw.below(1_200, count)
    at = rows.created_us[seen] + delay * SECOND
    kept = np.flatnonzero(at < world.period.end_us)
    who = _by_whom(draw, pool_of[seen])
    is_meeting = draw.chance(1_800, count)
    item = pl.Series([""] * count, dtype=pl.String)
    for kind in (CRM_LEADS, CRM_CASES):
        mine = pl.Series(rows.source[seen] == kind)
        item = pl.select(pl.when(mine).then(record_ids(kind, rows.number[seen])).otherwise(item)).to_series()
    frame = pl.DataFrame(
        {
            "WhoId": item,
            "OwnerId": who,
            "TaskSubtype": pl.Series(("Call", "Email", "Email")).gather(draw.below(3, count)),
            "CallType": pl.Series(("Outbound", "Inbound")).gather(draw.pick((8, 2), count)),
            "Is_Automated__c": pl.Series(("false", "true")).gather(draw.pick((8, 2), count)),
            "CallDisposition": pl.Series(("Reached", "No answer", "Left message", "")).gather(draw.below(4, count)),
            "CompletedDateTime": iso_offset(at),
        }
    )
    delivery = world.period.file_of(at)
    for source, prefix, mask in (("crm_tasks", "00T", ~is_meeting), ("crm_events", "00U", is_meeting)):
        for part in range(world.period.deliveries):
            chosen = kept[mask[kept] & (delivery[kept] == part)]
            if len(chosen):
                told = frame[chosen].insert_column(0, ids.salesforce_ids(prefix, chosen).alias("Id"))
                yield Delivery(source, part, _as_event(told) if prefix == "00U" else told)


def _as_event(tasks: pl.DataFrame) -> pl.DataFrame:
    """Meetings stand in another table of the CRM, with a start instead of a completion."""
    return tasks.rename({"CompletedDateTime": "StartDateTime"}).drop(
        "TaskSubtype", "CallType", "CallDisposition", "Is_Automated__c"
    )


def _by_whom(draw: Draw, pool: Ints) -> pl.Series:
    rosters = [[alias for alias, _, _ in roster] for roster in POOLS.values()]
    flat = [alias for roster in rosters for alias in roster]
    starts = np.cumsum([0, *(len(roster) for roster in rosters)])
    sizes = np.array([len(roster) for roster in rosters])
    safe = np.maximum(pool, 0)
    return pl.Series(flat).gather(starts[safe] + draw.below(1 << 40, len(pool)) % sizes[safe])
