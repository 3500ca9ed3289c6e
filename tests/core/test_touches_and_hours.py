"""Touches at the instant of an assignment, steps at the instant of a close, and hours of the member's clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rr_pipeline.core.model import Limits, Member, Policy, Pool, Schedule, Step, Target
from tests.core.oracle import Oracle
from tests.core.oracle_time import hour_start
from tests.core.oracle_words import Arrival, Event, World
from tests.core.world_frames import breaches_of, route_world, rows_of

MINUTE, HOUR = 60_000_000, 3_600_000_000
NINE = 1_767_603_600_000_000
"""2026-01-05, a Monday, 09:00 UTC."""
NIGHT = NINE - HOUR
OFFICE = Schedule(tuple((day * 1440 + 540, day * 1440 + 1020) for day in range(5)))
SLA = Target("p/sla", 30 * MINUTE, "calendar", (Step("reassign"),), is_default=True)


def world(arrivals, events=(), *, until=NINE + 8 * HOUR, closes=(), members="ab", **settings) -> World:
    pool = Pool("p", tuple(Member(name, schedule=OFFICE) for name in members), **{"targets": (SLA,), **settings})
    policies = [Policy("v", NINE - 48 * HOUR, NINE + 48 * HOUR, (pool,))]
    items = [Arrival(number, "p", at) for number, at in enumerate(arrivals, 1)]
    return World(policies, items, until, events=sorted(events, key=lambda one: one.at), closes=closes)


def call(item: int, by: str, occurred: int, at: int | None = None) -> Event:
    return Event(occurred if at is None else at, item, "touch", by, occurred)


def decided(one: World) -> list[str]:
    """What kernel and oracle agree on: each decision in a few words, minutes counted from nine."""
    routed = route_world(one)
    oracle = Oracle(one, day_zone="America/New_York")
    assert rows_of(routed) == oracle.run()
    assert breaches_of(routed) == oracle.breaches
    return [f"{row.item} {row.kind} {row.member} {(row.time - NINE) / MINUTE:g}" for row in rows_of(routed)]


def test_a_touch_at_the_instant_a_held_item_is_given_is_one():
    assert decided(world([NIGHT])) == ["1 hold None -60", "1 assign a 0", "1 reassign b 30"]
    assert decided(world([NIGHT], [call(1, "a", NINE)])) == ["1 hold None -60", "1 assign a 0"]
    for no_touch in (call(1, "b", NINE), call(1, "a", NINE - 1), call(2, "a", NINE)):
        assert decided(world([NIGHT], [no_touch]))[2:] == ["1 reassign b 30"]


def test_such_a_touch_frees_capacity_at_once():
    one = world([NIGHT, NIGHT + 1], [call(1, "a", NINE)], members="a", capacity_until="touched", targets=())
    policy, *_ = one.policies
    pool = replace(policy.pools[0], members=(Member("a", schedule=OFFICE, max_open=1),))
    one = replace(one, policies=[replace(policy, pools=(pool,))])
    assert decided(one)[2:] == ["1 assign a 0", "2 assign a 0"]


def test_only_the_first_touch_frees_capacity():
    """It came while items were open until they close; that touches free capacity later on changes nothing for it."""
    touches = [call(1, "a", NINE + 10 * MINUTE), call(1, "a", NINE + 90 * MINUTE)]
    one = world([NINE, NINE + 3 * HOUR], touches, members="a", targets=())
    policy, *_ = one.policies
    pool = replace(policy.pools[0], members=(Member("a", schedule=OFFICE, max_open=1),))
    begins, freeing = NINE + HOUR, replace(pool, capacity_until="touched")
    policies = [
        replace(policy, until_us=begins, pools=(pool,)),
        replace(policy, version="w", from_us=begins, pools=(freeing,)),
    ]
    assert decided(replace(one, policies=policies)) == ["1 assign a 0", "2 hold None 180"]
    assert decided(replace(one, policies=policies, events=touches[1:])) == ["1 assign a 0", "2 assign a 180"]


def test_a_touch_by_the_next_owner_at_the_instant_of_a_reassignment_is_one():
    told = [call(1, "b", NINE + 30 * MINUTE)]
    assert decided(world([NINE], told, members="abc")) == ["1 assign a 0", "1 reassign b 30"]
    assert decided(world([NINE], members="abc"))[2:] == ["1 reassign c 60"]


@pytest.mark.parametrize("notify", [True, False])
def test_a_touch_after_the_due_instant_keeps_the_item_with_its_owner(notify):
    """Told before the step is taken, which comes later by a delay: the target stays missed, and the owner in place."""
    steps = (Step("notify_manager"), Step("reassign")) if notify else (Step("reassign"), Step("queue", to="q"))
    late = call(1, "a", NINE + 40 * MINUTE)
    one = world([NINE], [late], targets=(replace(SLA, steps=steps),), activity_delay_us=15 * MINUTE)
    assert decided(one) == ["1 assign a 0"]
    (breach,) = breaches_of(route_world(one))
    assert (breach.time - NINE, breach.is_notified) == (45 * MINUTE, notify)
    assert breach.outcome == ("notified" if notify else "stayed")
    too_late = replace(one, events=[call(1, "a", NINE + 46 * MINUTE)])
    assert decided(too_late)[1] == "1 reassign b 45"


def test_of_several_touches_the_earliest_counts_whatever_is_told_first():
    told = [call(1, "a", NINE + 40 * MINUTE), call(1, "a", NINE + 20 * MINUTE, NINE + 41 * MINUTE)]
    one = world([NINE], told, activity_delay_us=15 * MINUTE)
    assert decided(one) == ["1 assign a 0"]
    assert breaches_of(route_world(one)) == []


def test_nothing_is_missed_while_the_frontier_is_its_due_instant():
    due = NINE + 30 * MINUTE
    first = route_world(world([NINE], until=due), until=due)
    assert breaches_of(first) == []
    later = world([NINE], closes=[due])
    rest = route_world(later, [], first.state)
    assert [(row.kind, row.time) for row in rows_of(rest)] == [("reassign", due + 1)]
    assert decided(later) == ["1 assign a 0", f"1 reassign b {(30 * MINUTE + 1) / MINUTE:g}"]
    met = route_world(later, [], first.state, events=[call(1, "a", due, due + 1)])
    assert rows_of(met) == []
    assert breaches_of(met) == []


def test_between_closes_a_step_is_taken_when_it_falls_due():
    assert decided(world([NINE], closes=[NINE + 29 * MINUTE]))[1] == "1 reassign b 30"


# When two items come, in minutes after nine, and whether the second lies in another hour than the first.
CLOCKS = [
    ("UTC", 40, 59, False), ("UTC", 40, 60, True), ("Asia/Kolkata", 20, 29, False), ("Asia/Kolkata", 20, 30, True),
    ("Asia/Kolkata", 40, 60, False), ("Asia/Kathmandu", 10, 15, True), ("Asia/Kathmandu", 15, 74, False),
    ("Australia/Adelaide", 0, 30, True), ("America/St_Johns", 31, 89, False),
]  # fmt: skip


@pytest.mark.parametrize(("zone", "first", "second", "is_other"), CLOCKS)
def test_an_hour_of_a_limit_is_one_of_the_members_clock(zone, first, second, is_other):
    pool = Pool("p", (Member("a", limits=Limits(hourly=1), time_zone=zone),))
    policies = [Policy("v", NINE - 48 * HOUR, NINE + 48 * HOUR, (pool,))]
    arrivals = [Arrival(number, "p", NINE + at * MINUTE) for number, at in enumerate((first, second), 1)]
    one = World(policies, arrivals, NINE + 8 * HOUR)
    assert decided(one)[1].split()[1] == ("assign" if is_other else "hold")
    if not is_other:  # decided at the very instant at which the next hour of the clock begins
        assert rows_of(route_world(one))[-1].time == hour_start(zone, NINE + (second + 60) * MINUTE)


@pytest.mark.parametrize(
    ("zone", "change", "before", "after", "is_other"),
    [
        ("Europe/Oslo", 1_792_890_000_000_000, 30, 30, False),  # 02:30 and 02:30 again
        ("Europe/Oslo", 1_792_890_000_000_000, 30, 60, True),  # 02:30 and 03:00
        ("Europe/Oslo", 1_774_746_000_000_000, 30, 0, True),  # 01:30 and 03:00
        ("Australia/Lord_Howe", 1_775_314_800_000_000, 45, 20, False),  # 01:15 and 01:50 again
        ("Australia/Lord_Howe", 1_775_314_800_000_000, 45, 30, True),  # 01:15 and 02:00
        ("Antarctica/Troll", 1_792_890_000_000_000, 30, 60, False),  # 02:30 and, after 01:00 came again, 02:00
    ],
)
def test_hours_where_clocks_change(zone, change, before, after, is_other):
    pool = Pool("p", (Member("a", limits=Limits(hourly=1), time_zone=zone),))
    policies = [Policy("v", change - 48 * HOUR, change + 48 * HOUR, (pool,))]
    instants = (change - before * MINUTE, change + after * MINUTE)
    one = World(policies, [Arrival(number, "p", at) for number, at in enumerate(instants, 1)], change + 8 * HOUR)
    assert [row.kind for row in rows_of(route_world(one))][1] == ("assign" if is_other else "hold")
    assert rows_of(route_world(one)) == Oracle(one).run()
    cut = route_world(one, one.arrivals[:1], until=instants[0])
    assert rows_of(route_world(one, one.arrivals[1:], cut.state)) == rows_of(route_world(one))[1:]
