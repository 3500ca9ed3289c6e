"""What must hold of the router whatever it is given, each by its own short reasoning.

Belongs here: properties that compare one run with another, or with simple arithmetic. Does not belong here: what is
replayed from the decisions of one run (``test_router_replay``), and cuts (``test_router_oracle``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from math import ceil

import polars as pl
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from rr_pipeline.core.frames import Routed
from rr_pipeline.core.model import EVENT_KINDS, FAR_FUTURE_US, UNIT, Limits, Member, Policy, Pool, Vacation
from tests.core.oracle import HOUR_US, Arrival, Oracle, Row, World
from tests.core.oracle_time import Edges
from tests.core.test_router_oracle import FAST
from tests.core.world_frames import route_world, rows_of
from tests.core.worlds import DAY_US, STARTS, worlds
from tests.effort import examples

SOME = settings(FAST, max_examples=examples(30))
START_US = STARTS["UTC"][1]
weights = st.lists(st.integers(1, 10_000) | st.integers(1, 4), min_size=1, max_size=20)


def run(world: World) -> Routed:
    return route_world(world)


def decide(world: World) -> list[Row]:
    return rows_of(route_world(world))


def decisions(rows: list[Row]) -> list[Row]:
    """The rows without those considered."""
    return [replace(row, reasons=(), balances=(), open_counts=()) for row in rows]


def static_world(pool: Pool, count: int, needs: list[tuple[str, ...]] | None = None) -> World:
    arrivals = [Arrival(n + 1, "p", START_US + n, needs[n] if needs else ()) for n in range(count)]
    return World([Policy("v", START_US, START_US + DAY_US, (pool,))], arrivals, START_US + count)


def changed(world: World, change: Callable[[Pool], Pool]) -> World:
    policies = [replace(policy, pools=tuple(change(pool) for pool in policy.pools)) for policy in world.policies]
    return replace(world, policies=policies)


def winners(world: World) -> list[str | None]:
    return [row.member for row in rows_of(run(world)) if row.kind in {"assign", "redo"}]


@SOME
@given(worlds())
def test_balances_of_a_pool_sum_to_zero_after_every_decision(world: World) -> None:
    routed = run(world)
    sums = routed.state.members.group_by("pool_id").agg(pl.col("balance").sum())
    assert sums["balance"].to_list() == [0] * sums.height
    # Who has left stands at zero: those considered are all who have anything.
    assert all(sum(row.balances) == 0 for row in rows_of(routed))


@settings(FAST, max_examples=examples(60))
@given(weights, st.integers(1, 300))
def test_static_pool_stays_within_two_turns_of_the_share(numbers: list[int], count: int) -> None:
    pool = Pool("p", tuple(Member(f"m{place}", weight) for place, weight in enumerate(numbers)))
    given_to: Counter[str | None] = Counter()
    for done, winner in enumerate(winners(static_world(pool, count)), 1):
        given_to[winner] += 1
        for place, weight in enumerate(numbers):
            assert abs(given_to[f"m{place}"] * sum(numbers) - done * weight) < 2 * sum(numbers)


@settings(FAST, max_examples=examples(60))
@given(
    st.lists(st.tuples(st.integers(1, 50), st.booleans()), min_size=1, max_size=8),
    st.lists(st.booleans(), min_size=1, max_size=200),
)
def test_nobody_starves_and_free_skills_stay_in_bounds(
    members: list[tuple[int, bool]], needs_french: list[bool]
) -> None:
    french = frozenset({"french"})
    roster = [Member("all", 1, french)]
    roster += [Member(f"m{n}", w, french if can else frozenset()) for n, (w, can) in enumerate(members)]
    pool = Pool("p", tuple(roster), accrue_while=frozenset())
    world = static_world(pool, len(needs_french), [("french",) if one else () for one in needs_french])
    total, size = sum(member.weight for member in roster), len(roster)
    waited = 0
    for row in rows_of(run(world)):
        assert all(abs(balance) <= (size - 1) * UNIT // 2 + size for balance in row.balances)
        waited = 0 if row.member == "all" else waited + 1
        assert waited <= ceil(2 * total / roster[0].weight) + 1


def anybody_leaves(world: World) -> bool:
    """Whether a member has an end, or is in a policy and not in the next one that has the pool or lacks it."""
    rosters = [
        {(pool.pool_id, member.member_id) for pool in policy.pools for member in pool.members}
        for policy in world.policies
    ]
    has_end = any(
        member.until_us < FAR_FUTURE_US for policy in world.policies for pool in policy.pools for member in pool.members
    )
    return has_end or any(earlier - later for earlier, later in pairwise(rosters))


@settings(SOME, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(worlds(), st.integers(0, 4), st.sampled_from(["weight", "vacation", "before"]))
def test_an_irrelevant_member_changes_nothing(world: World, where: int, how: str) -> None:
    # What a leaver leaves is shared among all who stay, so it does change what comes to the others.
    assume(not anybody_leaves(world))
    away = (Vacation(0, 2**61),)
    idle = {
        "weight": Member("idle", 0, frozenset({"a", "b"})),
        "vacation": Member("idle", 3, vacations=away),
        "before": Member("idle", 3, from_us=2**61, until_us=2**62),
    }[how]
    quiet = changed(world, lambda pool: replace(pool, accrue_while=pool.accrue_while - {"vacation"}))
    more = changed(quiet, lambda pool: replace(pool, members=(*pool.members[:where], idle, *pool.members[where:])))
    assert decisions(decide(more)) == decisions(decide(quiet))


@SOME
@given(worlds(), st.integers(2, 5))
def test_scaling_all_weights_decides_the_same(world: World, factor: int) -> None:
    def scaled(times: int) -> list[Row]:
        def scale(pool: Pool) -> Pool:
            return replace(pool, members=tuple(replace(one, weight=min(one.weight, 7) * times) for one in pool.members))

        return decide(changed(world, scale))

    assert scaled(factor) == scaled(1)


@settings(FAST, max_examples=examples(60))
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=4),
    st.lists(st.integers(0, 50), min_size=1, max_size=30),
    st.sampled_from(["hourly", "daily", "weekly"]),
)
def test_a_held_item_is_decided_when_a_window_opens(pauses: list[int], gaps: list[int], which: str) -> None:
    """Vacations end at whole minutes; with one item a window, held items follow each other window by window."""
    members, at = [], START_US
    for place, pause in enumerate(pauses):
        at += pause * 60_000_000
        members.append(Member(f"m{place}", 1, vacations=(Vacation(0, at),), limits=Limits(**{which: 1})))
    world = static_world(Pool("p", tuple(members)), 0)
    arrivals, time = [], START_US
    for number, gap in enumerate(gaps, 1):
        time += gap * 60_000_000
        arrivals.append(Arrival(number, "p", time))
    world = replace(world, arrivals=arrivals, until=time + 200 * DAY_US)
    world = replace(world, policies=[replace(world.policies[0], until_us=2**61)])
    window = {"hourly": HOUR_US, "daily": DAY_US, "weekly": 7 * DAY_US}[which]
    shift = 4 * DAY_US if which == "weekly" else 0  # weeks begin on Monday, the first day of 1970 was a Thursday
    back = {member.member_id: member.vacations[0].until_us for member in members}
    last: dict[str, int] = {}
    for row in rows_of(run(world)):
        if row.kind == "assign":
            arrival = arrivals[row.item - 1]
            openings = {
                name: max(back[name], ((last[name] - shift) // window + 1) * window + shift if name in last else 0)
                for name in back
            }
            assert row.time == max(arrival.time, min(openings.values()))
            last[str(row.member)] = row.time


@SOME
@given(worlds())
def test_a_held_item_is_decided_as_soon_as_somebody_is_there(world: World) -> None:
    """Without limits and bounds, who is there depends on time alone: only who has had an item may be while it waits."""

    def unbounded(pool: Pool) -> Pool:
        free = {"limits": Limits(), "max_open": -1}
        return replace(pool, members=tuple(replace(member, **free) for member in pool.members))

    world = changed(world, unbounded)
    world = replace(world, policies=[replace(policy, users=()) for policy in world.policies])
    rows, edges, nothing_yet = decide(world), Edges(world), Oracle(world)
    arrivals = {arrival.item: arrival for arrival in world.arrivals}
    for place, row in enumerate(rows):
        if row.kind == "hold":
            after = next((later.time for later in rows[place + 1 :] if later.item == row.item), world.until + 1)
            passed = {one.member: one.time // HOUR_US for one in rows[: place + 1] if is_skip_of(one, row.item)}
            had = {one.member for one in rows[:place] if one.item == row.item and one.kind != "skip"}
            t = edges.after(row.time)
            while t is not None and t < after:
                pool = nothing_yet.pool_at(row.pool, t)
                there = {
                    one.member_id for one in pool.members if not nothing_yet.reasons(pool, one, arrivals[row.item], t)
                }
                assert there - had <= {name for name, hour in passed.items() if hour == t // HOUR_US}
                t = edges.after(t)


def is_skip_of(row: Row, item: int) -> bool:
    return row.kind == "skip" and row.item == item


@SOME
@given(worlds(), st.integers(0, 30), st.sampled_from([0, 1, 30 * 60_000_000, HOUR_US]))
def test_nothing_is_decided_by_what_comes_later(world: World, which: int, later: int) -> None:
    t = world.arrivals[which % len(world.arrivals)].time + later
    assume(t <= world.until)
    policies = [policy for policy in world.policies if policy.from_us <= t]
    known = replace(
        world,
        policies=[*policies[:-1], replace(policies[-1], until_us=FAR_FUTURE_US)],
        arrivals=[arrival for arrival in world.arrivals if arrival.time <= t],
        until=t,
        absences=[absence for absence in world.absences if absence.from_us <= t],
        status_changes=[change for change in world.status_changes if change.at_us <= t],
        tokens=[token for token in world.tokens if token.from_us <= t],
        events=[event for event in world.events if event.at <= t],
        pauses=[pause for pause in world.pauses if pause.from_us <= t],
        departures=[one for one in world.departures if one.at_us <= t],
        closes=[t],
    )
    assert decide(known) == [row for row in decide(replace(world, closes=[t])) if row.time <= t]


@SOME
@given(worlds())
def test_the_order_of_what_has_no_order_does_not_matter(world: World) -> None:
    def turned(pool: Pool) -> Pool:
        return replace(pool, members=tuple(replace(one, vacations=one.vacations[::-1]) for one in pool.members))

    turned_world = changed(world, turned)
    policies = [replace(policy, users=policy.users[::-1]) for policy in turned_world.policies]
    events = sorted(world.events, key=lambda one: (one.at, -EVENT_KINDS.index(one.kind), -one.item))
    changes = sorted(world.status_changes, key=lambda one: (-one.at_us, one.user_id))
    turned_world = replace(turned_world, policies=policies, events=events, status_changes=changes)
    assert decide(replace(turned_world, absences=world.absences[::-1])) == decide(world)


@SOME
@given(worlds(), st.data())
def test_kept_items_move_nothing(world: World, data: st.DataObject) -> None:
    """Where kept items neither count nor have targets, a world without them decides the same of all others."""
    names = [member.member_id for pool in world.policies[0].pools for member in pool.members]
    assume(names)
    kept = data.draw(st.sets(st.sampled_from(world.arrivals).map(lambda one: one.item)))
    world = changed(world, lambda pool: replace(pool, count_kept=False, targets=()))
    events = [event for event in world.events if event.kind != "give" or event.item not in kept]
    policies = [replace(policy, idle=None) for policy in world.policies]
    world = replace(world, policies=policies, events=events, departures=[])
    others = [one for one in world.arrivals if one.item not in kept]
    mixed = [
        replace(one, person=None, kept_by=names[one.item % len(names)]) if one.item in kept else one
        for one in world.arrivals
    ]
    rows = decide(replace(world, arrivals=mixed))
    assert rows == decide(replace(world, arrivals=others))
    assert kept.isdisjoint(row.item for row in rows)
    keeps = [row for row in rows if row.kind == "keep"]
    assert all(row.turn is row.before is row.after is None and not row.balances for row in keeps)
