"""The kernel against the plain second router, decision for decision, on random small worlds.

The long comparisons come in chunks, each with a seed of its own, so that processes can share them and one sees how far
they are.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st

from rr_pipeline.core import output
from rr_pipeline.core.frames import Routed, RouterState
from tests.core.oracle import Oracle, World
from tests.core.oracle_state import differences
from tests.core.world_frames import (
    DAY_ZONE,
    KERNEL_IS_COMPLETE,
    Shares,
    breaches_of,
    frame_of,
    known,
    route_frames,
    route_world,
    rows_of,
)
from tests.core.worlds import worlds

FAST = settings(
    max_examples=1_300 if KERNEL_IS_COMPLETE else 120,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
CHUNK = settings(FAST, max_examples=500, database=None)
STATE_FRAMES = ("members", "pools", "tokens", "holds", "open", "users", "grants", "persons", "rosters")


def compare_with_oracle(world: World) -> None:
    routed, shares = route_frames(world, [frame_of(world.arrivals)], world.events, RouterState(), world.until)
    oracle = Oracle(world, day_zone=DAY_ZONE)
    expected = [known(row) for row in oracle.run()]
    note(f"{len(expected)} decisions expected")
    assert rows_of(routed) == expected
    assert breaches_of(routed) == oracle.breaches
    compare_rosters(world, routed)
    assert differences(routed.state, oracle) == []
    compare_shares(shares, oracle.shares, is_whole=not any(row.kind == "reassign" for row in expected))


def compare_rosters(world: World, routed: Routed) -> None:
    """Each decision names the roster of its pool in its version."""
    pools = {(policy.version, pool.pool_id): pool for policy in world.policies for pool in policy.pools}
    rosters = {row["roster_id"]: row for row in routed.rosters.iter_rows(named=True)}
    columns = ("kind", "policy_version", "pool_id", "roster_id")
    for kind, version, pool, roster_id in routed.decisions.select(columns).unique().rows():
        if kind in {"keep", "withdraw"} and roster_id is None:
            continue
        roster, members = rosters[roster_id], pools[version, pool].members
        assert (roster["policy_version"], roster["pool_id"]) == (version, pool)
        assert roster["member_ids"] == [member.member_id for member in members]
        assert roster["weights"] == [member.weight for member in members]
    assert routed.considered["roster_id"].equals(routed.decisions["roster_id"])


def compare_shares(told: Shares, expected: Shares, is_whole: bool) -> None:
    """Where turns moved from one member to another, only what was assigned and the net of the ledger are compared."""

    def plain(shares: Shares) -> Shares:
        kept = {key: sums if is_whole else [sums[0], sums[3] - sums[4]] for key, sums in shares.items()}
        return {key: sums for key, sums in kept.items() if any(sums)}

    assert plain(told) == plain(expected)


def compare_cuts(world: World, cuts: list[tuple[int, float]]) -> None:
    """Any consecutive runs of arrivals and events decide as one run, and end in the same state."""
    whole = route_world(world)
    state, parts, begin = RouterState(), [], 0
    for cut, share in [*sorted(cuts), (len(world.arrivals), 1.0)]:
        end = min(max(cut, begin), len(world.arrivals))
        earliest = world.arrivals[end - 1].time if end else world.policies[0].from_us
        latest = world.arrivals[end].time if end < len(world.arrivals) else world.until
        until = max(state.frontier_us or earliest, int(earliest + (latest - earliest) * share))
        after = -1 if state.frontier_us is None else state.frontier_us
        events = [event for event in world.events if after < event.at <= until]
        parts.append(route_world(world, world.arrivals[begin:end], state, until, events))
        state, begin = parts[-1].state, end
    for name in ("decisions", "considered", "rosters", "breaches"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name)), name
    for name in STATE_FRAMES:
        assert getattr(state, name).equals(getattr(whole.state, name)), name
    assert (state.frontier_us, state.next_decision_seq) == (whole.state.frontier_us, whole.state.next_decision_seq)


cuts = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.3, 1.0])), max_size=5)


@FAST
@given(worlds())
def test_kernel_decides_as_the_oracle(world: World) -> None:
    compare_with_oracle(world)


@settings(FAST, max_examples=400 if KERNEL_IS_COMPLETE else 40)
@given(worlds(), cuts)
def test_any_cut_decides_the_same(world: World, where: list[tuple[int, float]]) -> None:
    compare_cuts(world, where)


@settings(FAST, max_examples=300 if KERNEL_IS_COMPLETE else 25)
@given(worlds())
def test_full_buffers_change_nothing(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    whole = route_world(world)
    with monkeypatch.context() as small:
        small.setattr(output, "_ROWS", 1)
        small.setattr(output, "_CELLS", 1)
        again = route_world(world)
    for name in ("decisions", "considered", "rosters", "breaches"):
        assert getattr(again, name).equals(getattr(whole, name)), name
    for name in STATE_FRAMES:
        assert getattr(again.state, name).equals(getattr(whole.state, name)), name


def in_chunk(number: int, test: Callable[..., None]) -> None:
    """Run a property on the worlds of one seed."""
    seed(number)(CHUNK(test))()


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(80))
def test_kernel_decides_as_the_oracle_at_length(chunk: int) -> None:
    in_chunk(chunk, given(worlds(max_items=(15, 30, 60)[chunk % 3]))(compare_with_oracle))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_any_cut_decides_the_same_at_length(chunk: int) -> None:
    in_chunk(1000 + chunk, given(worlds(max_items=30), cuts)(compare_cuts))
