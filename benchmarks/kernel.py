"""Speed of the router's kernel, next to a plain loop and to a rotation kept in a database, in the same run.

One core. A year of items for 200 pools of 15 members with weights, skills, four limits, vacations and time zones; then
the same items with everything else the rule knows on top, and what became of them. The figures include the frames of
decisions and of considered members. Run it as ``python -m benchmarks.kernel``.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import ceil

import numpy as np
import polars as pl

from benchmarks.others import database_round_robin, smooth_round_robin
from rr_pipeline.core import driver
from rr_pipeline.core.frames import RoutedChunk, RouterState
from rr_pipeline.core.model import KINDS, Limits, Member, Policy, Pool, Schedule, Target, UserLimits, Vacation
from rr_pipeline.core.router import route_into

HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US
START_US = 1_767_225_600_000_000
SKILLS = ("french", "german", "enterprise", "spanish")
ZONES = ("Europe/Oslo", "Europe/London", "America/New_York", "Asia/Kolkata")
FRAME_ROWS = 1_000_000
SHIFTS = tuple(
    Schedule(tuple((day * 1440 + begin, day * 1440 + begin + 12 * 60) for day in range(7)), frozenset({20_454, 20_512}))
    for begin in (0, 6 * 60, 12 * 60)
)


@dataclass(frozen=True)
class KernelFigures:
    """Seconds and items a second of the router and of what others do, and the memory at its highest.

    ``router_cpu_seconds`` is what one core worked; on a busy machine the clock on the wall shows more. Of it
    ``fold_cpu_seconds`` is the compiled kernel; the rest makes arrays of frames and frames of arrays.
    """

    item_count: int
    decision_count: int
    router_seconds: float
    router_cpu_seconds: float
    fold_cpu_seconds: float
    python_items_per_second: float
    peak_bytes: int
    complete_cpu_seconds: float
    complete_fold_cpu_seconds: float
    complete_counts: Counter[str]
    database_items_per_second: float
    database_at_once_items_per_second: float

    @property
    def decisions_per_second(self) -> float:
        """Decisions of the router a second of one core, frames included."""
        return self.decision_count / self.router_cpu_seconds

    @property
    def complete_decision_count(self) -> int:
        """Decisions with everything on, of every kind."""
        return sum(self.complete_counts[kind] for kind in KINDS)


def make_policy(rng: np.random.Generator, pool_count: int, member_count: int, item_count: int) -> Policy:
    """Return a policy of a year with every kind of mask; limits are met now and then, not by everybody every day."""
    daily = item_count / (pool_count * member_count * 365)
    limits = Limits(max(2, ceil(daily)), max(5, ceil(3 * daily)), max(18, ceil(12 * daily)), 100_000)
    pools = []
    for pool in range(pool_count):
        members = []
        for place in range(member_count):
            off = START_US + int(rng.integers(0, 340)) * DAY_US
            members.append(
                Member(
                    f"user-{pool * member_count + place}",
                    int(rng.integers(1, 6)),
                    frozenset(skill for skill in SKILLS if place < 2 or rng.random() < 0.4),
                    ZONES[int(rng.integers(len(ZONES)))],
                    limits=limits,
                    vacations=tuple(Vacation(off + k * 60 * DAY_US, off + (k * 60 + 10) * DAY_US) for k in range(3)),
                )
            )
        pools.append(Pool(f"pool-{pool}", tuple(members)))
    return Policy("bench", START_US - DAY_US, START_US + 400 * DAY_US, tuple(pools))


def make_arrivals(
    rng: np.random.Generator, item_count: int, pool_count: int
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Return frames of items over a year, a fifth of them skilled, and what their traits_id means."""
    sets = pl.DataFrame({"traits_id": [0, 1, 2, 3, 4], "needs": [[], *([skill] for skill in SKILLS)]})
    frames = []
    for first in range(0, item_count, FRAME_ROWS):
        count = min(FRAME_ROWS, item_count - first)
        span = [365 * DAY_US * end // item_count for end in (first, first + count)]
        skilled = rng.random(count) < 0.2
        pools = pl.Series([f"pool-{pool}" for pool in range(pool_count)])
        frames.append(
            pl.DataFrame(
                {
                    "item_seq": np.arange(first + 1, first + count + 1),
                    "pool_id": pools.gather(rng.integers(0, pool_count, count)),
                    "decided_at": START_US + np.sort(rng.integers(span[0], span[1], count)),
                    "traits_id": np.where(skilled, rng.integers(1, 5, count), 0),
                }
            )
        )
    return frames, sets


def complete(policy: Policy) -> Policy:
    """Return the policy with everything on: shifts, holidays, capacity, targets, failover, persons, limits of users."""
    pools = []
    for place, pool in enumerate(policy.pools):
        members = tuple(
            replace(member, schedule=SHIFTS[number % len(SHIFTS)], max_open=200)
            for number, member in enumerate(pool.members)
        )
        target = Target(
            "first touch", 3 * DAY_US, "working" if place % 2 else "calendar", ("notify_manager", "reassign")
        )
        onward = policy.pools[place + 1].pool_id if place % 10 and place + 1 < len(policy.pools) else None
        pools.append(
            replace(
                pool,
                members=members,
                strategy="least_loaded" if place % 5 == 0 else "fair",
                when_nobody="failover" if onward else "hold",
                failover=onward,
                targets=(target,),
                sticky_us=30 * DAY_US,
                charge_back=place % 3 == 0,
                redo_on_return=True,
                declines=True,
            )
        )
    names = {member.member_id for pool in policy.pools for member in pool.members}
    return replace(
        policy, pools=tuple(pools), users=tuple(UserLimits(name, Limits(daily=500)) for name in sorted(names))
    )


def complete_arrivals(
    rng: np.random.Generator, frames: Sequence[pl.DataFrame]
) -> tuple[list[pl.DataFrame], pl.DataFrame]:
    """Return the items with persons, a third of whom come back, and what is told of them: closings, a few returns."""
    wider, told = [], []
    for frame in frames:
        count = frame.height
        last = int(frame["item_seq"][-1])
        person = np.where(rng.random(count) < 0.33, rng.integers(1, last + 1, count), frame["item_seq"].to_numpy())
        wider.append(frame.with_columns(person=pl.Series(person)))
        lasts = rng.integers(HOUR_US, 2 * DAY_US, count) + np.where(rng.random(count) < 0.02, 3 * DAY_US, 0)
        at = frame["decided_at"].to_numpy() + lasts
        kind = pl.Series(np.where(rng.random(count) < 0.01, "return", "close"))
        told.append(pl.DataFrame({"at_us": at, "item_seq": frame["item_seq"], "kind": kind, "occurred_us": at}))
    events = pl.concat(told).filter(pl.col("at_us") <= START_US + 365 * DAY_US)
    return wider, events.with_columns(member_id=pl.lit(None, pl.String)).sort("at_us", "item_seq")


@contextmanager
def timed_fold() -> Iterator[list[float]]:
    """Measure the calls of the compiled kernel: the list holds the seconds that one core worked in each."""
    seconds: list[float] = []
    real = driver.fold

    def timed(*arguments: object) -> int:
        begin = time.process_time()
        answer = real(*arguments)  # type: ignore[arg-type]
        seconds.append(time.process_time() - begin)
        return answer

    driver.fold = timed
    try:
        yield seconds
    finally:
        driver.fold = real


def measure(item_count: int = 2_000_000, pool_count: int = 200, member_count: int = 15, seed: int = 7) -> KernelFigures:
    """Route ``item_count`` items and return the figures."""
    rng = np.random.default_rng(seed)
    policy = make_policy(rng, pool_count, member_count, item_count)
    frames, sets = make_arrivals(rng, item_count, pool_count)
    counts: Counter[str] = Counter()

    def sink(chunk: RoutedChunk) -> None:
        counts["decisions"] += chunk.decisions.height

    counting = 0.0

    def count(chunk: RoutedChunk) -> None:
        nonlocal counting
        begin = time.process_time()
        counts.update(dict(chunk.decisions.group_by("kind").len().rows()))
        counts["missed targets"] += chunk.breaches.height
        counting += time.process_time() - begin

    until_us = START_US + 365 * DAY_US
    warm = frames[0].head(1000)
    route_into(lambda _: None, warm, [policy], [], [], [], RouterState(), until_us, traits=sets)
    begin, cpu_begin = time.perf_counter(), time.process_time()
    with timed_fold() as in_fold:
        route_into(sink, frames, [policy], [], [], [], RouterState(), until_us, traits=sets)
    seconds, cpu_seconds = time.perf_counter() - begin, time.process_time() - cpu_begin
    policy, (wider, events) = complete(policy), complete_arrivals(rng, frames)
    plain_count = counts.pop("decisions")
    cpu_begin = time.process_time()
    with timed_fold() as in_complete_fold:
        state = route_into(count, wider, [policy], [], [], [], RouterState(), until_us, traits=sets, events=events)
    complete_seconds = time.process_time() - cpu_begin - counting
    counts.update({"events told": events.height, "still open": state.open.height, "persons": state.persons.height})
    plain = smooth_round_robin(policy, frames[0].head(100_000))
    database = database_round_robin(policy, frames[0].head(5_000), commit_each=True)
    at_once = database_round_robin(policy, frames[0].head(100_000), commit_each=False)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return KernelFigures(
        item_count,
        plain_count,
        seconds,
        cpu_seconds,
        sum(in_fold),
        plain,
        peak,
        complete_seconds,
        sum(in_complete_fold),
        counts,
        database,
        at_once,
    )


def main() -> None:
    """Print the figures of one run; RR_BENCH_ITEMS sets the number of items."""
    figures = measure(int(os.environ.get("RR_BENCH_ITEMS", "2000000")))
    ratio = figures.decisions_per_second / figures.python_items_per_second
    print(f"kernel: {figures.item_count:,} items, {figures.decision_count:,} decisions")
    print(f"  on the wall, of one core      {figures.router_seconds:>10.2f} s {figures.router_cpu_seconds:>10.2f} s")
    print(f"  router, frames included       {figures.decisions_per_second:>12,.0f} decisions a second of one core")
    alone = figures.decision_count / figures.fold_cpu_seconds
    print(f"  the compiled kernel alone     {alone:>12,.0f} decisions a second of one core")
    print(f"  smooth round robin in Python  {figures.python_items_per_second:>12,.0f} items a second of one core")
    print(f"  the router, with every mask and record, is {ratio:.1f} times as fast as that loop, which has none")
    for what, others in (
        ("a commit an item", figures.database_items_per_second),
        ("all in one commit", figures.database_at_once_items_per_second),
    ):
        times = figures.decisions_per_second / others
        print(f"  last-used rows in SQLite      {others:>12,.0f} items a second, {what}: {times:,.0f} times slower")
    each = figures.complete_decision_count / figures.complete_cpu_seconds
    more = figures.complete_cpu_seconds / figures.router_cpu_seconds - 1
    print(f"  everything on                 {each:>12,.0f} decisions a second of one core, {more:.0%} more time")
    alone = figures.complete_decision_count / figures.complete_fold_cpu_seconds
    more = figures.complete_fold_cpu_seconds / figures.fold_cpu_seconds - 1
    print(f"    the compiled kernel alone   {alone:>12,.0f} decisions a second of one core, {more:.0%} more time")
    print(f"    that is {', '.join(f'{name} {number:,}' for name, number in figures.complete_counts.most_common())}")
    print(f"  peak memory of the process    {figures.peak_bytes / 2**20:>12,.0f} MiB")


if __name__ == "__main__":
    main()
