"""Held items between calls: from the state's frame to the arrays of a version, and back.

Belongs here: names to numbers and numbers to names. Does not belong here: queues (``queues``, ``holds``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.core.epochs import Epoch
from rr_pipeline.core.frames import HOLD_STATE, conform
from rr_pipeline.core.groups import Items
from rr_pipeline.core.needs import NeedsTable
from rr_pipeline.core.queues import Held
from rr_pipeline.errors import RefusedError


def _slots_by_name(epoch: Epoch) -> dict[tuple[int, str], int]:
    names = epoch.member_ids.to_list()
    return {(pool, name): slot for slot, (pool, name) in enumerate(zip(epoch.slot_pool.tolist(), names, strict=True))}


def read_holds(holds: pl.DataFrame, epoch: Epoch, needs: NeedsTable) -> Held:
    """Return the held items as numbers of a version. Raises RefusedError when the version lacks one of their pools."""
    if holds.height == 0:
        return Held()
    holds = holds.sort("item_seq")
    numbers = {name: place for place, name in enumerate(epoch.pool_ids.to_list())}
    gone = sorted(set(holds["pool_id"].to_list()) - numbers.keys())
    if gone:
        raise RefusedError(
            f"policy version '{epoch.policy.version}' has no pool '{gone[0]}', in which items wait; "
            "keep the pool (it may be without members) until they are decided"
        )
    pool = holds["pool_id"].replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
    items = Items(
        item=holds["item_seq"].to_numpy().copy(),
        pool=pool.copy(),
        needs=needs.numbers_of(holds, None),
        priority=holds["priority"].cast(pl.Int64).to_numpy().copy(),
        time=holds["since_us"].to_numpy().copy(),
    )
    slots = _slots_by_name(epoch)
    noted = holds.with_columns(place=pl.Series(pool)).filter(pl.col("skipped").list.len() > 0)
    passed = [
        (item, slots[place, name], until)
        for item, place, names, until in noted.select("item_seq", "place", "skipped", "skipped_until_us").rows()
        for name in names
        if (place, name) in slots
    ]
    table = np.array(passed, dtype=np.int64).reshape(-1, 3)
    return Held(items, *(np.ascontiguousarray(table[:, column]) for column in range(3)))


def write_holds(held: Held, epoch: Epoch, needs: NeedsTable) -> pl.DataFrame:
    """Return the held items as the state's frame, by arrival."""
    items = held.items
    names = epoch.member_ids.to_list()
    skipped: dict[int, list[str]] = {}
    until: dict[int, int] = {}
    for item, slot, end in zip(held.passed_item, held.passed_slot, held.passed_until, strict=True):
        skipped.setdefault(int(item), []).append(names[slot])
        until[int(item)] = int(end)
    sets = pl.Series([sorted(one) for one in needs.sets], dtype=pl.List(pl.String))
    lists = pl.Series([[], *skipped.values()], dtype=pl.List(pl.String))
    ends = pl.Series([None, *until.values()], dtype=pl.Int64)
    place = np.zeros(items.item.size, dtype=np.int64)
    place[np.searchsorted(items.item, np.array(list(skipped), dtype=np.int64))] = np.arange(1, len(skipped) + 1)
    waiting = pl.DataFrame(
        {
            "item_seq": items.item,
            "pool_id": epoch.pool_ids.gather(items.pool) if items.pool.size else [],
            "needs": sets.gather(items.needs),
            "priority": items.priority.astype(np.int32),
            "since_us": items.time,
            "skipped": lists.gather(place),
            "skipped_until_us": ends.gather(place),
        }
    )
    return conform(waiting, HOLD_STATE)
