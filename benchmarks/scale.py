"""Cost of an item at several sizes, and in one pool of a thousand members. ``python -m benchmarks.scale``."""

from __future__ import annotations

import os
import time

import numpy as np

from benchmarks.kernel import DAY_US, START_US, make_arrivals, make_policy
from rr_pipeline.core.frames import RouterState
from rr_pipeline.core.router import route_into

SHARES = (0.05, 0.25, 1.0)


def nanoseconds_an_item(item_count: int, pool_count: int, member_count: int, seed: int = 7) -> float:
    """Return what one item costs of one core, frames included, over a year of ``item_count`` items."""
    rng = np.random.default_rng(seed)
    policy = make_policy(rng, pool_count, member_count, item_count)
    frames, sets = make_arrivals(rng, item_count, pool_count)
    begin = time.process_time()
    route_into(lambda _: None, frames, [policy], [], [], [], RouterState(), START_US + 365 * DAY_US, traits=sets)
    return (time.process_time() - begin) / item_count * 1e9


def main() -> None:
    """Print one line a size; RR_BENCH_ITEMS sets the largest."""
    most = int(os.environ.get("RR_BENCH_ITEMS", "2000000"))
    nanoseconds_an_item(1_000, 2, 15)  # compiles or loads the kernel
    print("cost of an item, of one core, frames included")
    for count in (int(most * share) for share in SHARES):
        print(f"  200 pools of 15, {count:>12,} items {nanoseconds_an_item(count, 200, 15):>10,.0f} ns")
    count = most // 20
    each = nanoseconds_an_item(count, 1, 1_000)
    print(f"  1 pool of 1,000, {count:>12,} items {each:>10,.0f} ns, {1e9 / each:,.0f} decisions a second")


if __name__ == "__main__":
    main()
