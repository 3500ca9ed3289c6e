"""Availability timelines against a plain look at every interval, instant by instant."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.eligibility import build_timelines, inactive_intervals
from rr_pipeline.core.model import FAR_FUTURE_US, REASONS, Absence, Member, Pool, StatusChange, Vacation
from tests.core.oracle import Arrival, Oracle, World
from tests.core.worlds import worlds

STATIC = {"not_member", "inactive", "weight_zero", "vacation"}


@settings(max_examples=80, deadline=None)
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
                segment = int(np.searchsorted(begins, t, side="right")) - 1
                mask = int(lines.masks[lines.row[slot] + segment])
                found = {reason for bit, reason in enumerate(REASONS) if mask >> bit & 1}
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


def test_pools_without_members_have_a_segment() -> None:
    lines = build_timelines([Pool("p", ()), Pool("q", (Member("u"),))], [], [], 0, 100)
    assert lines.pool_segment.tolist() == [0, 1, 2]
    assert lines.masks[lines.row[0]] == 0
