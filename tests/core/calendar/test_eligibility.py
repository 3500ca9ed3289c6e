"""Availability timelines against a plain look at every interval, instant by instant."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.calendar.eligibility import Timelines, build_timelines, inactive_intervals
from rr_pipeline.core.model import (
    ALWAYS,
    FAR_FUTURE_US,
    REASONS,
    Absence,
    Member,
    Pool,
    Schedule,
    StatusChange,
    Vacation,
)
from tests.core.hours import DAY_US, HOUR_US, is_holiday, is_off_hours, odd_schedules, us
from tests.core.oracle import Arrival, Oracle, World
from tests.core.worlds import worlds
from tests.effort import examples

STATIC = {"not_member", "inactive", "weight_zero", "vacation", "holiday", "off_hours"}


def reasons_at(lines: Timelines, pool: int, slot: int, t: int) -> set[str]:
    first, last = lines.pool_segment[pool], lines.pool_segment[pool + 1]
    segment = int(np.searchsorted(lines.segment_us[first:last], t, side="right")) - 1
    mask = int(lines.masks[lines.row[slot] + segment])
    return {reason for bit, reason in enumerate(REASONS) if mask >> bit & 1}


@settings(max_examples=examples(80), deadline=None)
@given(worlds(max_items=4), st.lists(st.integers(0, 10**12), min_size=1, max_size=5))
def test_masks_are_what_the_intervals_say(world: World, offsets: list[int]) -> None:
    policy = world.policies[0]
    start = world.arrivals[0].time - 10**11 if world.arrivals else policy.from_us
    end = start + max(offsets)
    lines = build_timelines(policy.pools, world.absences, world.status_changes, start, end)
    oracle = Oracle(world)
    slot = 0
    for place, pool in enumerate(policy.pools):
        first, last = lines.pool_segment[place], lines.pool_segment[place + 1]
        begins = lines.segment_us[first:last]
        assert begins[0] == start
        assert (np.diff(begins) > 0).all()
        assert begins[-1] <= end
        for member in pool.members:
            for t in (start + offset for offset in offsets):
                found = reasons_at(lines, place, slot, t)
                assert found == STATIC & set(oracle.reasons(pool, member, Arrival(0, pool.pool_id, t), t))
            slot += 1


def test_status_changes_of_one_instant_take_the_last() -> None:
    changes = [StatusChange("u", 5, True), StatusChange("u", 5, False), StatusChange("v", 1, False)]
    assert inactive_intervals(changes) == [("u", 5, FAR_FUTURE_US), ("v", 1, FAR_FUTURE_US)]
    assert inactive_intervals([*changes, StatusChange("u", 5, True), StatusChange("v", 9, True)]) == [("v", 1, 9)]


def test_overlapping_and_touching_absences_are_one() -> None:
    member = Member("u", vacations=(Vacation(10, 20), Vacation(15, 30), Vacation(40, 40)))
    lines = build_timelines([Pool("p", (member,))], [Absence("u", 30, 35), Absence("x", 0, 99)], [], 0, 100)
    masks = [int(lines.masks[place]) for place in range(lines.segment_us.size)]
    away = [int(t) for t, mask in zip(lines.segment_us, masks, strict=True) if mask]
    assert (away[0], [int(t) for t, mask in zip(lines.segment_us, masks, strict=True) if not mask]) == (10, [0, 35])


def test_an_absence_of_days_of_a_zone_holds_while_the_member_is_there() -> None:
    pools = [Pool("p", (Member("u", time_zone="Asia/Tokyo"),)), Pool("q", (Member("u", time_zone="UTC"),))]
    absences = [Absence("u", 10, 20, "UTC"), Absence("u", 5, 15, "Asia/Tokyo"), Absence("u", 40, 50)]
    lines = build_timelines(pools, absences, [], 0, 100)
    away = [[t for t in range(60) if reasons_at(lines, pool, slot, t)] for pool, slot in ((0, 0), (1, 1))]
    assert away == [[*range(5, 15), *range(40, 50)], [*range(10, 20), *range(40, 50)]]


def test_pools_without_members_have_a_segment() -> None:
    lines = build_timelines([Pool("p", ()), Pool("q", (Member("u"),))], [], [], 0, 100)
    assert lines.pool_segment.tolist() == [0, 1, 2]
    assert lines.masks[lines.row[0]] == 0


@st.composite
def teams(draw: st.DrawFn) -> tuple[list[Pool], int]:
    """Pools in which some members work by the same schedule and some by none, near an odd time of the first's."""
    drawn = [draw(odd_schedules()) for _ in range(draw(st.integers(1, 3)))]
    around = drawn[0][2]
    days = st.integers(-3, 3).map(lambda n: around + n * DAY_US)
    pools, count = [], 0
    for name in ("p", "q", "r"):
        members = []
        for zone, schedule, _ in draw(st.lists(st.sampled_from([*drawn, ("UTC", ALWAYS, 0)]), max_size=4)):
            begin, end = draw(days), draw(days)
            away = (Vacation(begin, end), Vacation(begin - HOUR_US, end)) if draw(st.booleans()) else ()
            members.append(Member(f"u{count}", 1, frozenset(), zone, schedule=schedule, vacations=away))
            count += 1
        pools.append(Pool(name, tuple(members)))
    return pools, around


@settings(max_examples=examples(60), deadline=None)
@given(teams(), st.lists(st.integers(0, 4 * DAY_US), min_size=1, max_size=40))
def test_hours_and_holidays_are_those_of_the_local_clock(team: tuple[list[Pool], int], offsets: list[int]) -> None:
    pools, around = team
    start, end = around - 2 * DAY_US, around + 2 * DAY_US
    lines = build_timelines(pools, [], [], start, end)
    assert lines.row.size == sum(len(pool.members) for pool in pools)
    slot = 0
    for place, pool in enumerate(pools):
        begins = lines.segment_us[lines.pool_segment[place] : lines.pool_segment[place + 1]]
        assert begins[0] == start
        assert (np.diff(begins) > 0).all()
        assert begins[-1] <= end
        for member in pool.members:
            rules = {"off_hours": is_off_hours, "holiday": is_holiday}
            for t in (start + offset for offset in offsets):
                expected = {name for name, rule in rules.items() if rule(member.time_zone, member.schedule, t)}
                if any(vacation.from_us <= t < vacation.until_us for vacation in member.vacations):
                    expected.add("vacation")
                assert reasons_at(lines, place, slot, t) == expected
            slot += 1


def test_members_share_hours_but_not_what_is_their_own() -> None:
    office = Schedule(((540, 1020),), frozenset({us("2026-06-08T00:00") // DAY_US}))
    begin, end = us("2026-06-01T00:00"), us("2026-06-09T00:00")
    away = (Vacation(us("2026-06-01T10:00"), us("2026-06-01T11:00")),)
    pool = Pool("p", (Member("u", schedule=office, vacations=away), Member("v", schedule=office), Member("w", 0)))
    lines = build_timelines([pool], [], [], begin, end)
    for text, u, v in (
        ("2026-06-01T08:59", {"off_hours"}, {"off_hours"}),
        ("2026-06-01T09:00", set(), set()),
        ("2026-06-01T10:00", {"vacation"}, set()),
        ("2026-06-01T17:00", {"off_hours"}, {"off_hours"}),
        ("2026-06-08T10:00", {"holiday"}, {"holiday"}),
        ("2026-06-08T18:00", {"holiday", "off_hours"}, {"holiday", "off_hours"}),
    ):
        assert [reasons_at(lines, 0, slot, us(text)) for slot in range(3)] == [u, v, {"weight_zero"}]


def test_a_year_of_a_large_team_is_built_in_little_room() -> None:
    begin = us("2026-01-01T00:00")
    zones = ("Europe/Oslo", "America/New_York", "Asia/Kathmandu")
    offices = [tuple((n * 1440 + 480 + 30 * k, n * 1440 + 960) for n in range(5)) for k in range(4)]
    pairs = [(zone, Schedule(office)) for zone in zones for office in offices]
    members = [Member(f"u{n}", 1, frozenset(), pairs[n % 12][0], schedule=pairs[n % 12][1]) for n in range(600)]
    lines = build_timelines([Pool("p", tuple(members))], [], [], begin, begin + 365 * DAY_US)
    assert lines.segment_us.size < 12 * 2 * 262 + 2
    assert lines.masks.size == 600 * (lines.segment_us.size + 1)
    assert (lines.masks[lines.row[0] : lines.row[1]] == lines.masks[lines.row[12] : lines.row[13]]).all()
