"""The kernel against the plain second router, decision for decision, on random small worlds.

Worlds come from seeds, in chunks, so that processes can share them and one sees how far they are. A world that fails is
reduced to a small one before it is shown. Where two runs are compared Hypothesis draws the worlds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from rr_pipeline.core.frames import Routed, RouterState
from rr_pipeline.core.model import Member, Policy, Pool, Step, Target
from rr_pipeline.core.packing import output
from rr_pipeline.errors import RefusedError
from tests.core.oracle import Arrival, Event, Oracle, World
from tests.core.oracle_state import differences
from tests.core.oracle_words import Settled
from tests.core.world_dice import thrown
from tests.core.world_frames import (
    DAY_ZONE,
    Shares,
    breaches_of,
    frame_of,
    numbered,
    route_frames,
    route_world,
    rows_of,
)
from tests.core.world_parts import FEATURES
from tests.core.world_reduce import reduced, shown
from tests.core.worlds import world_of, worlds
from tests.effort import examples

FAST = settings(
    max_examples=examples(120),
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)
SIZES = (30, 15, 60)
STATE_FRAMES = ("members", "pools", "tokens", "holds", "open", "users", "grants", "persons", "rosters")


def compare_with_oracle(world: World) -> None:
    routed, shares = route_frames(world, [frame_of(world.arrivals)], world.events, RouterState(), world.until)
    oracle = Oracle(world, day_zone=DAY_ZONE)
    expected = oracle.run()
    assert rows_of(routed) == expected
    assert breaches_of(routed) == oracle.breaches
    assert [Settled(*row) for row in routed.settlements.rows()] == oracle.settlements
    compare_rosters(world, routed)
    assert differences(routed.state, oracle) == []
    compare_shares(shares, oracle.shares, is_whole=not any(row.kind in {"reassign", "handover"} for row in expected))


def compare_rosters(world: World, routed: Routed) -> None:
    """Each decision names the roster of its pool in its version."""
    pools = {(policy.version, pool.pool_id): pool for policy in world.policies for pool in policy.pools}
    rosters = {row["roster_id"]: row for row in routed.rosters.iter_rows(named=True)}
    columns = ("kind", "policy_version", "pool_id", "roster_id")
    for kind, version, pool, roster_id in routed.decisions.select(columns).unique().rows():
        if kind in {"keep", "withdraw", "give", "stand_in", "reroute", "alert", "raise", "drop"} and roster_id is None:
            continue
        roster, members = rosters[roster_id], pools[version, pool].members
        assert (roster["policy_version"], roster["pool_id"]) == (version, pool)
        assert roster["member_ids"] == [member.member_id for member in members]
        assert roster["weights"] == [member.weight for member in members]
    assert routed.considered["roster_id"].equals(routed.decisions["roster_id"])


def compare_shares(told: Shares, expected: Shares, is_whole: bool) -> None:
    """Where turns moved from one member to another, only what was assigned and the net of the ledger are compared."""

    def plain(shares: Shares) -> Shares:
        kept = {key: sums if is_whole else [sums[0], sums[3] - sums[4] + sums[5]] for key, sums in shares.items()}
        return {key: sums for key, sums in kept.items() if any(sums)}

    assert plain(told) == plain(expected)


def compare_cuts(world: World, cuts: list[tuple[int, float]]) -> None:
    """Any consecutive runs of arrivals and events decide as one run, and end in the same state. Nobody is told of
    anything in between: whom earlier runs told is for the caller to know.
    """
    world = replace(world, told=world.until)
    state, parts, begin, ends = RouterState(), [], 0, []
    for cut, share in [*sorted(cuts), (len(world.arrivals), 1.0)]:
        end = min(max(cut, begin), len(world.arrivals))
        earliest = world.arrivals[end - 1].time if end else world.policies[0].from_us
        latest = world.arrivals[end].time if end < len(world.arrivals) else world.until
        until = max(state.frontier_us or earliest, int(earliest + (latest - earliest) * share))
        ends.append(until)
        after = -1 if state.frontier_us is None else state.frontier_us
        events = [event for event in world.events if after < event.at <= until]
        parts.append(route_world(world, world.arrivals[begin:end], state, until, events))
        state, begin = parts[-1].state, end
    whole = route_world(replace(world, closes=[*world.closes, *ends]))
    for name in ("decisions", "considered", "rosters", "breaches", "settlements"):
        assert pl.concat([getattr(part, name) for part in parts]).equals(getattr(whole, name)), name
    for name in STATE_FRAMES:
        assert getattr(state, name).equals(getattr(whole.state, name)), name
    assert (state.frontier_us, state.next_decision_seq) == (whole.state.frontier_us, whole.state.next_decision_seq)


cuts = st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.3, 1.0])), max_size=5)


def fails(world: World) -> bool:
    """Whether kernel and oracle differ on a world that both can be asked."""
    try:
        Oracle(world).run()
    except AssertionError:  # what is left is no world any more
        return False
    except (StopIteration, AttributeError, ValueError):
        return False
    try:
        compare_with_oracle(world)
    except (KeyboardInterrupt, SystemExit):
        raise
    except (StopIteration, AttributeError, ValueError, RefusedError):  # what is left is no world any more
        return False
    except BaseException:  # Polars panics are not exceptions of the ordinary kind
        return True
    return False


def compare_seeds(seeds: range, max_items: int, features: Sequence[str] = FEATURES) -> None:
    """The worlds of these seeds; of the first that fails a small one is shown."""
    for number in seeds:
        world = world_of(thrown(number), max_items, features)
        try:
            compare_with_oracle(world)
        except Exception:
            small = reduced(world, fails)
            print(f"seed {number}, at most {max_items} items:\n{shown(small)}")
            compare_with_oracle(small)
            raise


@pytest.mark.parametrize("chunk", range(6))
def test_kernel_decides_as_the_oracle(chunk: int) -> None:
    size = examples(150)
    compare_seeds(range(size * chunk, size * (chunk + 1)), SIZES[chunk % 2])


@pytest.mark.parametrize("chunk", range(3))
def test_kernel_decides_as_the_oracle_of_items_that_come_again(chunk: int) -> None:
    size, more = examples(80), (("sla", "gifts"), ("returns", "persons", "gone"), ("chains", "declines", "capacity"))
    compare_seeds(range(size * chunk, size * (chunk + 1)), 30, ("reopens", "sla", *more[chunk]))


def test_what_is_open_again_does_not_stick_to_whoever_had_it_last() -> None:
    """Sent back by everybody it is offered to all by their turns, though persons stick to their owners here."""
    target = Target("fast", within_us=60_000_000, steps=(Step(do="return"),))
    members = (Member("dag"), Member("eve"))
    pool = Pool("q", members, sticky_us=86_400_000_000, targets=(target,), max_reassignments=4)
    arrival = Arrival(25, "q", 1_774_580_700_000_012, reopens=2)
    world = World(
        [Policy("v0", 1_771_113_600_000_000, 1_809_129_600_000_000, (pool,))], [arrival], arrival.time + 10**9
    )
    compare_with_oracle(world)
    oracle = Oracle(world, day_zone=DAY_ZONE)
    owners = [row.member for row in oracle.run() if row.kind == "assign"]
    assert owners == ["dag", "eve", "eve", "dag", "eve"]


@pytest.mark.parametrize("chunk", range(3))
def test_kernel_decides_as_the_oracle_of_items_that_belong_elsewhere(chunk: int) -> None:
    size, more = examples(80), (("sla", "gifts"), ("returns", "persons", "gone"), ("chains", "declines", "reopens"))
    compare_seeds(range(size * chunk, size * (chunk + 1)), 30, ("reroutes", "sla", *more[chunk]))


@settings(FAST, max_examples=examples(80))
@given(worlds(), cuts)
def test_any_cut_decides_the_same(world: World, where: list[tuple[int, float]]) -> None:
    compare_cuts(world, where)


def slim(state: RouterState, world: World, arrivals: Sequence[Arrival], events: Sequence[Event]) -> RouterState:
    """The state with no more open items and persons than the next run can need."""
    is_met = pl.col("touched_us").is_not_null() & (pl.col("touched_us") <= pl.col("due_us"))
    runs = (pl.col("step_us").is_not_null() & ~is_met.fill_null(value=False)) | (pl.col("waits") != 0)
    runs |= pl.col("resolve_step_us").is_not_null() | (pl.col("resolve_waits") != 0)
    runs |= pl.col("member_id").is_in([one.user_id for one in world.departures])
    runs |= pl.lit(any(policy.idle is not None for policy in world.policies))
    open_items = state.open.filter(runs | pl.col("item_seq").is_in([event.item for event in events]))
    met = {one.person for one in arrivals} | {*state.holds["person"], *open_items["person"]}
    persons = state.persons.filter(pl.col("person").is_in(list(met - {None})))
    return replace(state, open=open_items, persons=persons)


@settings(FAST, max_examples=examples(40))
@given(worlds(), st.integers(0, 30))
def test_a_state_of_what_is_needed_decides_the_same(world: World, cut: int) -> None:
    until = world.arrivals[min(cut, len(world.arrivals) - 1)].time
    early, late = ([one for one in world.arrivals if (one.time > until) == is_late] for is_late in (False, True))
    events = [event for event in world.events if event.at > until]
    state = route_world(world, early, until=until, events=[event for event in world.events if event.at <= until]).state
    whole = route_world(world, late, state, events=events)
    again = route_world(world, late, slim(state, world, late, events), events=events)
    for name in ("decisions", "considered", "rosters", "breaches"):
        assert getattr(again, name).equals(getattr(whole, name)), name
    for name in ("members", "pools", "tokens", "holds", "users", "grants"):
        assert getattr(again.state, name).equals(getattr(whole.state, name)), name


def same(one: Routed, other: Routed) -> None:
    for name in ("decisions", "considered", "rosters", "breaches"):
        assert getattr(one, name).equals(getattr(other, name)), name
    for name in STATE_FRAMES:
        assert getattr(one.state, name).equals(getattr(other.state, name)), name


@settings(FAST, max_examples=examples(50))
@given(worlds(), st.integers(0, 30))
def test_full_buffers_and_short_frames_change_nothing(monkeypatch: pytest.MonkeyPatch, world: World, cut: int) -> None:
    whole = route_world(world)
    with monkeypatch.context() as small:
        small.setattr(output, "_ROWS", 1)
        small.setattr(output, "_CELLS", 1)
        frame = frame_of(world.arrivals)
        same(route_frames(world, [frame[:cut], frame[cut:]], world.events, RouterState(), world.until)[0], whole)


@settings(FAST, max_examples=examples(30))
@given(worlds())
def test_traits_by_number_decide_as_traits_in_columns(world: World) -> None:
    frame, traits = numbered(frame_of(world.arrivals))
    same(route_frames(world, [frame], world.events, RouterState(), world.until, traits=traits)[0], route_world(world))


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(90))
def test_kernel_decides_as_the_oracle_at_length(chunk: int) -> None:
    compare_seeds(range(10**6 + 500 * chunk, 10**6 + 500 * (chunk + 1)), SIZES[chunk % 3])


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(20))
def test_any_cut_decides_the_same_at_length(chunk: int) -> None:
    compare = seed(chunk)(settings(FAST, max_examples=250, database=None)(given(worlds(), cuts)(compare_cuts)))
    compare()
