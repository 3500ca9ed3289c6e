"""What comes: arrivals and events from frames to numbers of a version.

Belongs here: names to numbers of a stretch of arrivals or events. Does not belong here: what is held or open already
(``item_state``), and what items ask for (``traits``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core import model
from rr_pipeline.core.kernel.codes import (
    BY_SURVIVOR,
    FAR_PAST,
    GIFT,
    ITEM_KEY,
    NEVER,
    NEW,
    NOT_KEPT,
    REROUTED,
    TO_DEPUTY,
    TO_OTHERS,
    TO_QUEUE,
)
from rr_pipeline.core.kernel.item_records import Event, Leaving, Progress, StandIn, Telling
from rr_pipeline.core.kernel.records import Int64s, table_of
from rr_pipeline.core.model import CAUSES, Departure
from rr_pipeline.core.packing.epochs import Epoch
from rr_pipeline.core.packing.groups import Items
from rr_pipeline.core.packing.traits import TraitsTable
from rr_pipeline.core.past_runs import ToldBefore
from rr_pipeline.errors import RefusedError, nearest


def read_events(frame: pl.DataFrame, epoch: Epoch) -> npt.NDArray[Event]:
    """Return events as the kernel reads them."""
    users = frame["member_id"].replace_strict(epoch.numbering.user_number, default=-1, return_dtype=pl.Int64)
    events = table_of(Event, frame.height)
    for name in ("at_us", "item_seq", "kind", "occurred_us"):
        events[name] = frame[name].to_numpy()
    events["user"] = users.fill_null(-1).to_numpy()
    before = frame["before_id"].replace_strict(epoch.numbering.user_number, default=-1, return_dtype=pl.Int64)
    events["before"], events["group"] = before.fill_null(-1).to_numpy(), -1
    return events


def read_leavings(departures: Sequence[Departure], epoch: Epoch) -> npt.NDArray[Leaving]:
    """Return departures as the kernel reads them."""
    table = table_of(Leaving, len(departures))
    for row, one in zip(table, departures, strict=True):
        row.at_us, row.user = one.at_us, epoch.numbering.user_number.get(one.user_id, -1)
        row.cause, row.spares_touched = CAUSES.index(one.cause), one.spares_touched
        row.deputy = epoch.numbering.user_number.get(one.deputy or "", -1)
        row.queue = epoch.queue_names.index(one.queue) if one.queue is not None else -1
    return table


def read_stand_ins(stand_ins: Sequence[model.StandIn], epoch: Epoch) -> npt.NDArray[StandIn]:
    """Return who stands in for whom as the kernel reads it: by user and time."""
    number = epoch.numbering.user_number
    rows = sorted(
        (number[one.user_id], one.from_us, one.until_us, number.get(one.deputy or "", -1))
        for one in stand_ins
        if one.user_id in number and one.from_us <= epoch.last_us and one.until_us > epoch.start_us
    )
    table = table_of(StandIn, len(rows))
    for row, cells in zip(table, rows, strict=True):
        row.user, row.from_us, row.until_us, row.deputy = cells
    return table


def read_told_before(told: ToldBefore | None, epoch: Epoch, progress: Progress) -> npt.NDArray[Telling]:
    """Return whom earlier runs told as the kernel reads it: by item, user and instant. ``progress`` learns of it."""
    progress.anew_us = NEVER if told is None else told.anew_us
    if told is None:
        return table_of(Telling, 0)
    user = told.owners["member_id"].replace_strict(epoch.numbering.user_number, default=-1, return_dtype=pl.Int64)
    owners = (
        told.owners.with_columns(user=user).filter(pl.col("user") >= 0).sort("item_seq", "user", "told_us", "since_us")
    )
    table = table_of(Telling, owners.height)
    table["item_seq"], table["user"] = owners["item_seq"].to_numpy(), owners["user"].to_numpy()
    table["since_us"] = owners["since_us"].fill_null(FAR_PAST).to_numpy()
    table["told_us"] = owners["told_us"].fill_null(NEVER).to_numpy()
    return table


_IDLE_GOES = {"reassign": TO_OTHERS, "deputy": TO_DEPUTY, "queue": TO_QUEUE}


def lay_out_idle(progress: Progress, policy: model.Policy, epoch: Epoch) -> None:
    """Note what a version does about idle items."""
    idle = policy.idle
    progress.idle_after_us = NEVER if idle is None else idle.after_us
    progress.idle_goes = TO_OTHERS if idle is None else _IDLE_GOES[idle.do]
    progress.idle_queue = -1 if idle is None or idle.queue is None else epoch.queue_names.index(idle.queue)


def read_gifts(
    frame: pl.DataFrame, epoch: Epoch, known: TraitsTable, traits: pl.DataFrame | None
) -> tuple[Int64s, Items]:
    """Return which events are gifts that say what their item is, and that as numbers of a version."""
    pools = frame["pool_id"].replace_strict(epoch.numbering.pool_number, default=-1, return_dtype=pl.Int64)
    pool = pools.fill_null(-1).to_numpy()
    rows = np.flatnonzero((frame["kind"].to_numpy() == GIFT) & (pool >= 0))
    gifts = frame[rows] if rows.size else frame.head(0)
    return rows, Items(
        pool=pool[rows].astype(np.int64),
        traits=known.numbers_of(gifts.select("traits_id"), traits) if traits is not None else np.zeros_like(rows),
        priority=gifts["priority"].fill_null(0).to_numpy(),
    )


def named_in(items: Int64s, named: frozenset[int]) -> Int64s:
    """Return 1 for each item that is among the named, else 0."""
    if not named:
        return np.zeros(items.size, dtype=np.int64)
    return np.isin(items, np.array(sorted(named), dtype=np.int64)).astype(np.int64)


def read_arrivals(
    frame: pl.DataFrame,
    epoch: Epoch,
    known: TraitsTable,
    traits: pl.DataFrame | None,
    named: frozenset[int] = frozenset(),
) -> Items:
    """Return arrivals as numbers of a version; ``known`` learns what they ask for.

    ``traits``: what numbers in the column traits_id mean. ``named``: items that a person may give to somebody in this
    run. Raises RefusedError for a pool that the version lacks.
    """
    count, items = frame.height, frame["item_seq"].to_numpy()

    def whole(name: str, missing: int) -> Int64s:
        if name not in frame.columns:
            return np.full(count, missing, dtype=np.int64)
        return frame[name].cast(pl.Int64).fill_null(missing).to_numpy()

    reopens = whole("reopens", NEW)
    return Items(
        item=items,
        pool=_pools_of(frame["pool_id"], epoch).astype(np.int64),
        traits=known.numbers_of(frame, traits),
        priority=whole("priority", 0),
        time=frame["decided_at"].to_numpy(),
        person=np.where((reopens == NEW) | (reopens == REROUTED), whole("person", -1), ITEM_KEY + items),
        kept=_kept(frame, epoch),
        created=np.minimum(whole("created_us", NEVER), frame["decided_at"].to_numpy()),
        at_closes=whole("at_closes", 0) if "at_closes" in frame.columns else np.zeros(0, dtype=np.int64),
        named=named_in(items, named),
        reopens=reopens,
        followed=whole("is_followed", 0),
        given=whole("is_given", 0),
    )


def _kept(frame: pl.DataFrame, epoch: Epoch) -> Int64s:
    """Return who keeps each arrival, as in ``Arrival.kept_by``."""
    numbering, kept = epoch.numbering, np.full(frame.height, NOT_KEPT, dtype=np.int64)
    if "follows_survivor" in frame.columns:
        kept[frame["follows_survivor"].fill_null(value=False).to_numpy()] = BY_SURVIVOR
    if "kept_by" in frame.columns:
        is_kept = frame["kept_by"].is_not_null().to_numpy()
        users = frame["kept_by"].replace_strict(numbering.user_number, default=numbering.nobody, return_dtype=pl.Int64)
        kept[is_kept] = users.to_numpy()[is_kept]
    return kept


def _pools_of(names: pl.Series, epoch: Epoch) -> Int64s:
    if names.dtype != pl.String:
        names = names.cast(pl.String)
    own = [pool.pool_id for pool in epoch.policy.pools]
    pool = names.cast(pl.Enum(own), strict=False).to_physical()
    if pool.null_count():
        unknown = str(names.filter(pool.is_null())[0])
        hint = nearest(unknown, own)
        raise RefusedError(f"policy version '{epoch.policy.version}' has no pool '{unknown}' for an item.{hint}")
    return pool.to_numpy()
