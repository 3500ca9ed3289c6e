"""The fairness measures of a run: what each member was given, credited and charged on each business day.

Belongs here: the sums by day and the frame made of them. Does not belong here: the ledger that is summed (``turns``).

What a member was credited follows from its balances at both ends of the day and what it was charged, so the fold
counts only what happens to winners, and what cut prices kept from the others.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.local_time import day_starts, local_days
from rr_pipeline.core.frames import FAIR_SHARES, conform
from rr_pipeline.core.kernel.codes import NEVER
from rr_pipeline.core.packing.epochs import Epoch

Int64s = npt.NDArray[np.int64]


class DayShares:
    """The sums of the day that is running, and the days that are closed but not handed over yet."""

    def __init__(self, zone: str) -> None:
        """``zone``: the days are local days of this zone."""
        self._zone = zone
        self._day = 0
        self._closed: list[pl.DataFrame] = []
        self._parts: list[tuple[Int64s, Int64s]] = []

    def enter(self, epoch: Epoch) -> None:
        """Begin with a version; the first day is opened by the kernel's first event."""
        self._days = day_starts(self._zone, epoch.start_us, epoch.last_us)
        self._opening = epoch.standings["balance"].copy()

    def turn(self, epoch: Epoch, now_us: int) -> int:
        """Close the running day, open the one that holds ``now_us``, and return when it ends."""
        self._close_day(epoch)
        place = int(np.searchsorted(self._days.from_us, now_us, side="right")) - 1
        self._day = int(self._days.day[place])
        return int(self._days.from_us[place + 1]) if place + 1 < self._days.from_us.size else NEVER

    def leave(self, epoch: Epoch) -> None:
        """Close the running day and name what was summed before the version ends."""
        self._close_day(epoch)
        self._name(epoch)

    def take(self, epoch: Epoch) -> pl.DataFrame:
        """Return the rows of ``FAIR_SHARES`` of all closed days not returned before."""
        self._name(epoch)
        closed, self._closed = self._closed, []
        return pl.concat(closed) if closed else pl.DataFrame(schema=FAIR_SHARES)

    def settled(self, settlements: pl.DataFrame, at_us: int) -> pl.DataFrame:
        """Return the rows of ``FAIR_SHARES`` of what leavers left at an instant."""
        day = int(local_days(self._zone, np.array([at_us], dtype=np.int64))[0])
        own = settlements.select("pool_id", "member_id", settled_parts="parts").with_columns(day=pl.lit(day))
        return conform(own.filter(pl.col("settled_parts") != 0), FAIR_SHARES).fill_null(0)

    def rest(self) -> pl.DataFrame:
        """Return what is left when the last version has been left."""
        return pl.concat([pl.DataFrame(schema=FAIR_SHARES), *self._closed])

    def _close_day(self, epoch: Epoch) -> None:
        balance, counted = epoch.standings["balance"].copy(), epoch.tallies
        won, turns, charged, cut = (counted[name].copy() for name in ("won", "turns", "charged", "cut"))
        credited = balance - self._opening + charged
        moved = np.flatnonzero(credited | won | turns | cut)
        if moved.size:
            sums = np.stack([np.full(balance.size, self._day), won, turns, credited + cut, credited, charged])
            self._parts.append((moved, sums.take(moved, axis=1)))
            for name in ("won", "turns", "charged", "cut"):
                counted[name] = 0
            self._opening = balance

    def _name(self, epoch: Epoch) -> None:
        """Make a frame of the sums; their slots mean nothing to another version."""
        if not self._parts:
            return
        slots = np.concatenate([part[0] for part in self._parts])
        sums = np.concatenate([part[1] for part in self._parts], axis=1)
        self._parts = []
        columns: list[pl.Series | Int64s] = [
            epoch.pool_ids.gather(epoch.slot_pool[slots]),
            epoch.member_ids.gather(slots),
            *sums,
            np.zeros(slots.size, dtype=np.int64),
        ]
        self._closed.append(pl.DataFrame(dict(zip(FAIR_SHARES.names(), columns, strict=True)), schema=FAIR_SHARES))
