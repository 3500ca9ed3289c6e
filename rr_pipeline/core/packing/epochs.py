"""A policy version in force over a stretch of time: its pools, members and users as arrays, and the state out of them.

Belongs here: what a version is laid out as, and reading members, users and pools back. Does not belong here: how the
arrays are filled (``layout``), items (``live_items``), and the order of work (``driver``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.eligibility import build_timelines
from rr_pipeline.core.frames import MEMBER_STATE, POOL_STATE, USER_STATE, RouterState
from rr_pipeline.core.kernel.item_records import PauseSpan, Target
from rr_pipeline.core.kernel.pool_records import Pool, Standing, Tally
from rr_pipeline.core.kernel.working_time import Clocks
from rr_pipeline.core.model import Absence, Pause, Policy, StatusChange
from rr_pipeline.core.packing.ladders import Ladders, lay_out_ladders
from rr_pipeline.core.packing.layout import (
    lay_out_pools,
    lay_out_slots,
    lay_out_users,
    queue_names,
    user_zones,
)
from rr_pipeline.core.packing.local_days import Times, lay_out_times
from rr_pipeline.core.packing.numbering import Numbering, calendars, number_names
from rr_pipeline.core.packing.pauses import lay_out_pauses
from rr_pipeline.core.packing.wait_book import WaitBook, build_wait_book
from rr_pipeline.core.packing.weeks import count_weeks_again, window_cells, write_days

Int64s = npt.NDArray[np.int64]


@dataclass
class Epoch:
    """A policy version laid out for the kernel, from ``start_us`` to ``last_us`` (both included)."""

    policy: Policy
    start_us: int
    last_us: int
    numbering: Numbering
    pools: npt.NDArray[Pool]
    standings: npt.NDArray[Standing]
    tallies: npt.NDArray[Tally]
    users: npt.NDArray[Tally]
    times: Times
    clocks: Clocks
    targets: npt.NDArray[Target]
    ladders: Ladders
    queue_names: list[str]  # and, behind them, what entries for items that wait drop
    waits: WaitBook
    pauses: npt.NDArray[PauseSpan]

    @cached_property
    def pool_ids(self) -> pl.Series:
        """The names of all pools, those that only open items know at the end."""
        return pl.Series("pool_id", [pool.pool_id for pool in self.numbering.pools], dtype=pl.String)

    @cached_property
    def member_ids(self) -> pl.Series:
        """The name in every slot."""
        return pl.Series("member_id", self.numbering.slot_names, dtype=pl.String)

    @cached_property
    def slot_pool(self) -> Int64s:
        """The pool of every slot."""
        return np.array(self.numbering.slot_pools, dtype=np.int64)


def build_epoch(  # noqa: PLR0917 - what a version is laid out of
    policies: Sequence[Policy],
    version: int,
    span: tuple[int, int],
    feeds: tuple[Sequence[Absence], Sequence[StatusChange], Sequence[Pause]],
    state: RouterState,
    kept: Sequence[tuple[str, str]],
    given: Sequence[str],
) -> Epoch:
    """Return version number ``version`` laid out for [span[0], span[1]].

    ``feeds``: absences, status changes, pauses. ``given``: who may get items outside the rotation.
    """
    policy = policies[version]
    numbering = number_names(policies, version, state, kept, given)
    counted_by = calendars(policies, version)
    absences, changes, paused = feeds
    lines = build_timelines(policy.pools, absences, changes, *span, paused)
    user_zone = user_zones(numbering, {name: one.time_zone for name, one in counted_by.items()})
    zones = sorted({member.time_zone for member in numbering.roster} | set(user_zone))
    number = {zone: place for place, zone in enumerate(zones)}
    times, pool_zone_row = lay_out_times(numbering, zones, user_zone, lines, span)
    ladders = lay_out_ladders(policies, version, numbering, queue_names(policy.pools, policy.gone_queues), state)
    queues = ladders.queues
    pools = lay_out_pools(numbering, policy, lines, pool_zone_row, queues)
    users = lay_out_users(numbering, number, user_zone, state)
    users["first_weekday"][:-1] = [
        counted_by[name].week_start if name in counted_by else 0 for name in numbering.users[:-1]
    ]
    count_weeks_again(users)
    standings, tallies, clocks = lay_out_slots(
        numbering, number, users, span, state, policies, version, ladders.working
    )
    turns = pl.DataFrame({"pool_id": [pool.pool_id for pool in numbering.pools]}, schema={"pool_id": pl.String})
    turns = turns.join(state.pools, on="pool_id", how="left", maintain_order="left")
    pools["next_turn"] = turns["next_turn"].fill_null(0).to_numpy()
    pauses = lay_out_pauses(paused, [pool.pool_id for pool in numbering.pools], pools)
    waits = build_wait_book(policies, version, state.holds, numbering.pool_number, pools, queues)
    return Epoch(
        policy,
        *span,
        numbering,
        pools,
        standings,
        tallies,
        users,
        times,
        clocks,
        ladders.table(numbering.pool_number),
        ladders,
        queues,
        waits,
        pauses,
    )


def _counted(names: dict[str, object], table: npt.NDArray[Tally]) -> pl.DataFrame:
    columns: dict[str, object] = dict(names)
    for name, cells in window_cells(table).items():
        columns[f"{name}_window"] = cells["begins"].copy()
        columns[f"{name}_count"] = cells["given"].copy()
    return pl.DataFrame({**columns, **write_days(table), "open_count": table["open_count"].copy()})


def write_members(epoch: Epoch, before: pl.DataFrame) -> pl.DataFrame:
    """Return the state of all members with a history, those of other versions as they stood, ordered by their key."""
    names = epoch.pool_ids.gather(epoch.slot_pool) if epoch.slot_pool.size else pl.Series([], dtype=pl.String)
    columns = {
        "pool_id": names,
        "member_id": epoch.member_ids,
        "balance": epoch.standings["balance"].copy(),
        "last_turn": epoch.standings["last_turn"].copy(),
    }
    own = _counted(columns, epoch.tallies).select(MEMBER_STATE.names()).cast(MEMBER_STATE)
    has_history = pl.any_horizontal(pl.col("last_turn") >= 0, pl.col("balance") != 0, pl.col("^.*_count$") > 0)
    others = before.join(own, on=["pool_id", "member_id"], how="anti")
    return pl.concat([others, own.filter(has_history)]).sort("pool_id", "member_id")


def write_users(epoch: Epoch) -> pl.DataFrame:
    """Return what every user was given over all pools, ordered by user_id."""
    users = pl.Series("user_id", epoch.numbering.users[:-1], dtype=pl.String)
    own = _counted({"user_id": users}, epoch.users[:-1]).select(USER_STATE.names()).cast(USER_STATE)
    return own.filter(pl.any_horizontal(pl.col("^.*_count$") > 0)).sort("user_id")


def write_pools(epoch: Epoch, before: pl.DataFrame, members: pl.DataFrame) -> pl.DataFrame:
    """Return the turn numbers of all pools that had a turn or have members with a history; ordered by pool_id.

    ``members``: their state as it is written. Pools of other versions stand as they stood.
    """
    own = pl.DataFrame({"pool_id": epoch.pool_ids, "next_turn": epoch.pools["next_turn"].copy()}, schema=POOL_STATE)
    others = before.join(own, on="pool_id", how="anti")
    own = own.filter((pl.col("next_turn") > 0) | pl.col("pool_id").is_in(members["pool_id"].unique().implode()))
    return pl.concat([others, own]).sort("pool_id")
