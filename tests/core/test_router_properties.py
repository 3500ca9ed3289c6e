"""What must hold of the router whatever it is given, each by its own short reasoning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from math import ceil

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.frames import Routed, RouterState
from rr_pipeline.core.model import UNIT, Limits, Member, Policy, Pool, Vacation
from tests.core.oracle import HOUR_US, Arrival, World, local_time, week_of
from tests.core.test_router_oracle import FAST
from tests.core.worlds import DAY_US, STARTS, route_world, rows_of, worlds

SOME = settings(FAST, max_examples=40)
START_US = STARTS["UTC"][1]
weights = st.lists(st.integers(1, 10_000) | st.integers(1, 4), min_size=1, max_size=20)


def run(world: World) -> Routed:
    return route_world(world, world.arrivals, RouterState(), world.until)


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
    present: dict[str, set[tuple[str, ...]]] = {}
    for pool, members in routed.rosters.select("pool_id", "member_ids").rows():
        present.setdefault(pool, set()).add(tuple(sorted(members)))
    for row in rows_of(routed):
        if len(present[row.pool]) == 1:  # nobody has left, so the members considered are all there ever were
            assert sum(row.balances) == 0


@settings(FAST, max_examples=60)
@given(weights, st.integers(1, 300))
def test_static_pool_stays_within_two_turns_of_the_share(numbers: list[int], count: int) -> None:
    pool = Pool("p", tuple(Member(f"m{place}", weight) for place, weight in enumerate(numbers)))
    given_to: Counter[str | None] = Counter()
    for done, winner in enumerate(winners(static_world(pool, count)), 1):
        given_to[winner] += 1
        for place, weight in enumerate(numbers):
            assert abs(given_to[f"m{place}"] * sum(numbers) - done * weight) < 2 * sum(numbers)


@settings(FAST, max_examples=60)
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
    pool = Pool("p", tuple(roster), frozenset())
    world = static_world(pool, len(needs_french), [("french",) if one else () for one in needs_french])
    total, size = sum(member.weight for member in roster), len(roster)
    waited = 0
    for row in rows_of(run(world)):
        assert all(abs(balance) <= (size - 1) * UNIT // 2 + size for balance in row.balances)
        waited = 0 if row.member == "all" else waited + 1
        assert waited <= ceil(2 * total / roster[0].weight) + 1


@SOME
@given(worlds(), st.integers(0, 4), st.sampled_from(["weight", "vacation", "before"]))
def test_an_irrelevant_member_changes_nothing(world: World, where: int, how: str) -> None:
    away = (Vacation(0, 2**61),)
    idle = {
        "weight": Member("idle", 0, frozenset({"a", "b"})),
        "vacation": Member("idle", 3, vacations=away),
        "before": Member("idle", 3, from_us=2**61, until_us=2**62),
    }[how]
    quiet = changed(world, lambda pool: replace(pool, accrue_while=pool.accrue_while - {"vacation"}))
    more = changed(quiet, lambda pool: replace(pool, members=(*pool.members[:where], idle, *pool.members[where:])))
    without, with_idle = run(quiet), run(more)
    assert with_idle.decisions.equals(without.decisions)
    assert "idle" not in with_idle.state.members["member_id"].to_list()


@SOME
@given(worlds(), st.integers(2, 5))
def test_scaling_all_weights_decides_the_same(world: World, factor: int) -> None:
    def scaled(times: int) -> Routed:
        def scale(pool: Pool) -> Pool:
            return replace(pool, members=tuple(replace(one, weight=min(one.weight, 7) * times) for one in pool.members))

        return run(changed(world, scale))

    assert scaled(factor).decisions.equals(scaled(1).decisions)


@SOME
@given(worlds())
def test_limits_are_never_exceeded_by_a_recount(world: World) -> None:
    members = {
        (policy.version, pool.pool_id, member.member_id): (member, pool)
        for policy in world.policies
        for pool in policy.pools
        for member in pool.members
    }
    taken = [row for row in rows_of(run(world)) if row.kind in {"assign", "redo"}]
    for place, row in enumerate(taken):
        member, pool = members[row.version, row.pool, str(row.member)]
        mine = [one.time for one in taken[: place + 1] if (one.pool, one.member) == (row.pool, row.member)]
        today = local_time(member.time_zone, row.time).date()
        days = [local_time(member.time_zone, time).date() for time in mine]
        week = week_of(today, pool.week_start)
        hourly = sum(time // HOUR_US == row.time // HOUR_US for time in mine)
        assert member.limits.hourly < 0 or hourly <= member.limits.hourly
        assert member.limits.daily < 0 or sum(one == today for one in days) <= member.limits.daily
        weekly = sum(week_of(one, pool.week_start) == week for one in days)
        assert member.limits.weekly < 0 or weekly <= member.limits.weekly
        assert member.limits.total < 0 or sum(time >= member.from_us for time in mine) <= member.limits.total


@settings(FAST, max_examples=60)
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
