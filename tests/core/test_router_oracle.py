"""The kernel against the plain second router, decision for decision, on random small worlds."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from rr_pipeline.core import output
from rr_pipeline.core.frames import RouterState
from tests.core.oracle import Oracle, World
from tests.core.worlds import DAY_ZONE, route_world, rows_of, shares_of, worlds

FAST = settings(
    max_examples=120,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
LONG = settings(FAST, max_examples=20_000)


def compare_with_oracle(world: World) -> None:
    routed = route_world(world, world.arrivals, RouterState(), world.until)
    oracle = Oracle(world, day_zone=DAY_ZONE)
    expected = oracle.run()
    note(f"{len(expected)} decisions expected")
    assert rows_of(routed) == expected
    assert set(routed.state.tokens["token_id"].to_list()) == oracle.spent
    assert routed.state.holds["item_seq"].to_list() == sorted(one.item for one in oracle.held)
    members = routed.state.members
    balances = dict.fromkeys(oracle.balance, 0) | {(row[0], row[1]): row[2] for row in members.rows()}
    assert balances == dict.fromkeys(balances, 0) | oracle.balance
    assert shares_of(world) == {key: sums for key, sums in oracle.shares.items() if any(sums)}


def compare_cuts(world: World, cuts: list[tuple[int, float]]) -> None:
    whole = route_world(world, world.arrivals, RouterState(), world.until)
    state, parts, begin = RouterState(), [], 0
    for cut, share in [*sorted(cuts), (len(world.arrivals), 1.0)]:
        end = min(max(cut, begin), len(world.arrivals))
        earliest = world.arrivals[end - 1].time if end else world.policies[0].from_us
        latest = world.arrivals[end].time if end < len(world.arrivals) else world.until
        until = max(state.frontier_us or earliest, int(earliest + (latest - earliest) * share))
        parts.append(route_world(world, world.arrivals[begin:end], state, until))
        state, begin = parts[-1].state, end
    for name in ("decisions", "considered", "rosters"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name)), name
    for name in ("members", "pools", "tokens", "holds", "rosters"):
        assert getattr(state, name).equals(getattr(whole.state, name)), name
    assert (state.frontier_us, state.next_decision_seq) == (whole.state.frontier_us, whole.state.next_decision_seq)


@FAST
@given(worlds())
def test_kernel_decides_as_the_oracle(world: World) -> None:
    compare_with_oracle(world)


@pytest.mark.slow
@LONG
@given(worlds(max_items=60))
def test_kernel_decides_as_the_oracle_at_length(world: World) -> None:
    compare_with_oracle(world)


cuts = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.3, 1.0])), max_size=5)


@settings(FAST, max_examples=40)
@given(worlds(), cuts)
def test_any_cut_decides_the_same(world: World, where: list[tuple[int, float]]) -> None:
    compare_cuts(world, where)


@pytest.mark.slow
@settings(LONG, max_examples=4_000)
@given(worlds(max_items=60), cuts)
def test_any_cut_decides_the_same_at_length(world: World, where: list[tuple[int, float]]) -> None:
    compare_cuts(world, where)


@settings(FAST, max_examples=25)
@given(worlds())
def test_full_buffers_change_nothing(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    whole = route_world(world, world.arrivals, RouterState(), world.until)
    with monkeypatch.context() as small:
        small.setattr(output, "_ROWS", 1)
        small.setattr(output, "_CELLS", 1)
        again = route_world(world, world.arrivals, RouterState(), world.until)
    assert again.decisions.equals(whole.decisions)
    assert again.considered.equals(whole.considered)
    assert again.state.members.equals(whole.state.members)
    assert again.state.holds.equals(whole.state.holds)
