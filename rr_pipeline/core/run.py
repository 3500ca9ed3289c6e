"""The order of work around the kernel: versions of the policy, chunks of arrivals, and the state between them.

Belongs here: one call of the router from its first chunk to its last state. Does not belong here: the rule
(``ledger``), the layout of arrays (``epochs``, ``queues``, ``held``) and frames (``output``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import polars as pl

from rr_pipeline.core import columns as c
from rr_pipeline.core.checks import check_arrivals, check_policies, check_tokens, state_is_consistent
from rr_pipeline.core.epochs import Epoch, build_epoch, match_tokens, spent_tokens, write_members, write_pools
from rr_pipeline.core.frames import CONSIDERED, DECISIONS, ROSTERS, TOKEN_STATE, RoutedChunk, RouterState
from rr_pipeline.core.groups import GroupBook, Items
from rr_pipeline.core.held import read_holds, write_holds
from rr_pipeline.core.ledger import DONE, NEW_DAY, fold
from rr_pipeline.core.model import Absence, Policy, StatusChange, Token
from rr_pipeline.core.needs import NeedsTable
from rr_pipeline.core.output import make_buffers, read_frames
from rr_pipeline.core.queues import Queue, tree_over
from rr_pipeline.core.shares import DayShares
from rr_pipeline.errors import RefusedError, nearest


class Run:
    """One call of the router: the version in force, what is held, and everything that goes on from chunk to chunk."""

    def __init__(  # noqa: PLR0917 - as handed on by the router
        self,
        sink: Callable[[RoutedChunk], None],
        policies: Sequence[Policy],
        feeds: tuple[Sequence[Absence], Sequence[StatusChange], Sequence[Token]],
        state: RouterState,
        until_us: int,
        needs_sets: pl.DataFrame | None,
        day_zone: str,
    ) -> None:
        check_policies(policies)
        check_tokens(feeds[2])
        state_is_consistent(state)
        self._sink, self._policies, self._feeds, self._until_us = sink, policies, feeds, until_us
        self._state, self._needs_sets, self._needs = state, needs_sets, NeedsTable()
        self._shares = DayShares(day_zone)
        self._spent = frozenset(state.tokens["token_id"].to_list())
        self._next_seq = state.next_decision_seq
        self._last_item = int(state.holds["item_seq"].to_numpy().max(initial=-1))
        self._last_us = c.FAR_PAST
        self._epoch: Epoch | None = None
        if state.frontier_us is not None:
            if until_us < state.frontier_us:
                raise RefusedError("the run would end before the frontier; decisions up to there are final")
            self._last_us = state.frontier_us
            self._enter(self._version_at(state.frontier_us), state.frontier_us)

    def _version_at(self, instant_us: int) -> int:
        for place, policy in enumerate(self._policies):
            if policy.from_us <= instant_us < policy.until_us:
                return place
        raise RefusedError("no policy version is in force at an instant to be decided; add one that covers it")

    def take(self, frame: pl.DataFrame) -> None:
        """Decide a stretch of arrivals, version by version."""
        check_arrivals(frame, (self._last_item, self._last_us), self._until_us)
        if frame.height == 0:
            return
        times = frame["decided_at"].to_numpy()
        self._last_item, self._last_us = int(frame["item_seq"][-1]), int(times[-1])
        if self._epoch is None:
            self._enter(self._version_at(int(times[0])), int(times[0]))
        done = 0
        while done < frame.height:
            end = int(np.searchsorted(times, self._policies[self._version].until_us, side="left"))
            if end > done:
                self._fold(frame[done:end], c.FAR_PAST)
                done = end
            else:
                self._next_version()

    def finish(self) -> RouterState:
        """Let time run on to the end of the run and return the state."""
        if self._epoch is not None:
            while self._policies[self._version].until_us <= self._until_us:
                self._next_version()
            self._fold(None, self._until_us)
            self._leave()
        after = replace(
            self._state,
            tokens=pl.DataFrame({"token_id": sorted(self._spent)}, schema=TOKEN_STATE),
            frontier_us=self._until_us,
            next_decision_seq=self._next_seq,
        )
        state_is_consistent(after)
        shares = self._shares.rest()
        if shares.height:
            nothing = [pl.DataFrame(schema=schema) for schema in (DECISIONS, CONSIDERED, ROSTERS)]
            self._sink(RoutedChunk(nothing[0], nothing[1], nothing[2], shares))
        return after

    def _next_version(self) -> None:
        ends = self._policies[self._version].until_us
        if self._version + 1 == len(self._policies):
            raise RefusedError("no policy version is in force at the end of the run; add one that covers it")
        self._fold(None, ends - 1)
        self._leave()
        self._enter(self._version + 1, ends)

    def _enter(self, version: int, start_us: int) -> None:
        """Lay out a version from ``start_us`` on; held items are offered again at that instant."""
        policy = self._policies[version]
        span = (start_us, min(policy.until_us - 1, self._until_us))
        epoch = build_epoch(policy, span, self._feeds, (self._state.members, self._state.pools, self._spent))
        self._version, self._epoch = version, epoch
        self._shares.enter(epoch)
        self._buffers, self._scratch = make_buffers(epoch)
        held = read_holds(self._state.holds, epoch, self._needs)
        skip_count = int((epoch.tokens.table[:, c.T_KIND] == c.SKIP).sum())
        self._queue = Queue(epoch.pools, GroupBook(policy.pools, self._needs), held, skip_count)
        epoch.pools.wake[:] = tree_over(np.where(epoch.pools.table[:, c.HELD] > 0, start_us, c.NEVER))
        known = self._state.rosters.filter(pl.col("policy_version") == policy.version)
        numbers = dict(known.select("pool_id", "roster_id").rows())
        self._roster_ids = np.array([numbers.get(pool.pool_id, -1) for pool in policy.pools], dtype=np.int64)

    def _leave(self) -> None:
        """Write what the version in force has changed back to the state."""
        assert self._epoch is not None
        self._shares.leave(self._epoch)
        self._spent |= spent_tokens(self._epoch)
        self._state = replace(
            self._state,
            members=write_members(self._epoch, self._state.members),
            pools=write_pools(self._epoch, self._state.pools),
            holds=write_holds(self._queue.held(), self._epoch, self._needs),
        )

    def _fold(self, frame: pl.DataFrame | None, last_us: int) -> None:
        """Let the kernel take the arrivals, then what falls due up to and with ``last_us``."""
        epoch, control = self._epoch, self._scratch.control
        assert epoch is not None
        fresh = Items() if frame is None else self._items(frame, epoch)
        tokens = match_tokens(epoch, self._feeds[2], self._needs)
        groups, holds, arrivals = self._queue.load(fresh, control)
        control[c.C_LAST] = last_us
        answer = -1
        while answer != DONE:
            answer = fold(
                epoch.pools,
                epoch.slots,
                epoch.times,
                groups,
                holds,
                tokens,
                arrivals,
                self._buffers.output,
                self._scratch,
            )
            if answer == NEW_DAY:
                control[c.C_DAY_END] = self._shares.turn(epoch, int(control[c.C_NOW]))
            else:
                self._hand_over(epoch)
        self._queue.keep(control)

    def _items(self, frame: pl.DataFrame, epoch: Epoch) -> Items:
        names = frame["pool_id"]
        if names.dtype != pl.String:
            names = names.cast(pl.String)
        pool = names.cast(pl.Enum(epoch.pool_ids), strict=False).to_physical()
        if pool.null_count():
            unknown = str(names.filter(pool.is_null())[0])
            hint = nearest(unknown, epoch.pool_ids.to_list())
            raise RefusedError(f"policy version '{epoch.policy.version}' has no pool '{unknown}' for an item.{hint}")
        count = frame.height
        priority = np.zeros(count, dtype=np.int64)
        if "priority" in frame.columns:
            priority = frame["priority"].fill_null(0).cast(pl.Int32).cast(pl.Int64).to_numpy()
        return Items(
            item=np.array(frame["item_seq"]),
            pool=pool.cast(pl.Int64).to_numpy(),
            needs=self._needs.numbers_of(frame, self._needs_sets),
            priority=priority,
            time=np.array(frame["decided_at"]),
        )

    def _hand_over(self, epoch: Epoch) -> None:
        """Make frames of what stands in the buffers and give them to the sink."""
        count = int(self._scratch.control[c.C_ROWS])
        if count == 0:
            return
        own = self._buffers.give_away(count)
        rosters = self._name_rosters(epoch, own.rows[c.O_POOL, :count])
        decisions, considered = read_frames(epoch, own, count, self._next_seq, self._roster_ids)
        self._next_seq += count
        self._scratch.control[[c.C_ROWS, c.C_CELLS]] = 0
        self._sink(RoutedChunk(decisions, considered, rosters, self._shares.take(epoch)))

    def _name_rosters(self, epoch: Epoch, pools: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pl.DataFrame:
        """Number the rosters that decide for the first time, in the order of their first decisions; return them."""
        if (self._roster_ids >= 0).all():
            return pl.DataFrame(schema=ROSTERS)
        nameless = pools[self._roster_ids[pools] < 0]
        used, first = np.unique(nameless, return_index=True)
        new = used[np.argsort(first)]
        start = self._state.rosters.height + 1
        self._roster_ids[new] = np.arange(start, start + new.size)
        named = [epoch.policy.pools[place] for place in new.tolist()]
        rosters = pl.DataFrame(
            {
                "roster_id": self._roster_ids[new],
                "pool_id": [pool.pool_id for pool in named],
                "policy_version": [epoch.policy.version] * new.size,
                "member_ids": [[member.member_id for member in pool.members] for pool in named],
                "weights": [[member.weight for member in pool.members] for pool in named],
            },
            schema=ROSTERS,
        )
        known = [self._state.rosters, rosters.drop("member_ids", "weights")]
        self._state = replace(self._state, rosters=pl.concat(known))
        return rosters
