"""Corners that ordinary worlds seldom reach: arrays that must grow, full buffers, frames without rows."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import polars as pl
import pytest

from rr_pipeline.core import router
from rr_pipeline.core.calendar.local_time import offsets_at
from rr_pipeline.core.frames import DECISIONS, RouterState, conform
from rr_pipeline.core.kernel.item_records import Pass, Progress
from rr_pipeline.core.kernel.records import one_of, table_of
from rr_pipeline.core.model import Limits, Member
from rr_pipeline.core.packing import groups, growing, live_items, output, token_book
from rr_pipeline.core.packing.live_items import Tracked
from rr_pipeline.core.router import route
from rr_pipeline.errors import InvariantError, RefusedError
from tests.core.case_words import at, event, item, member, pool, target, token, versions, world
from tests.core.oracle import Arrival
from tests.core.test_person_fold import Memory
from tests.core.test_router_cases import START, go, items, policy_of, pool_of
from tests.core.test_router_oracle import compare_cuts, compare_seeds, compare_with_oracle
from tests.core.world_frames import event_frame
from tests.core.worlds import DAY_US, frame_of, rows_of


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays with hardly any room to begin with, and buffers that are full after one row."""
    monkeypatch.setattr(growing, "ROOM", 1)
    monkeypatch.setattr(token_book, "_ROOM", 1)
    monkeypatch.setattr(groups, "_LARGEST_TABLE", 0)
    monkeypatch.setattr(router, "_persons_in", lambda _: 0)
    for name, least in (("_ROWS", 1), ("_CELLS", 1), ("_BREACHES", 1)):
        monkeypatch.setattr(output, name, least)


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("chunk", range(3))
def test_arrays_that_must_grow_change_nothing(chunk: int) -> None:
    compare_seeds(range(30_000 + 8 * chunk, 30_000 + 8 * (chunk + 1)), 20)


@pytest.mark.usefixtures("no_room")
def test_many_returns_and_their_redos() -> None:
    arrivals = [item(number, number) for number in range(1, 31)]
    told = [event(40 + number, number, "return") for number in range(1, 21)]
    many = world(pool("a", "b", redo_on_return=True), [*arrivals, item(31, 100)], events=told)
    compare_with_oracle(many)
    compare_cuts(many, [(30, 0.5), (30, 1.0)])


@pytest.mark.usefixtures("no_room")
def test_rows_of_what_is_done_are_used_again() -> None:
    arrivals = [item(number, 10 * number, person=number) for number in range(1, 61)]
    told = [event(10 * number + 5, number, "close") for number in range(1, 58)]
    compare_with_oracle(world(pool("a", "b", targets=[target(30, "notify_manager")]), arrivals, events=told))


@pytest.mark.usefixtures("no_room")
@pytest.mark.parametrize("hours", [1, 2, 16_384])
def test_timers_beyond_the_hours_laid_out_go_off_in_order(monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    monkeypatch.setattr(live_items, "_HOURS", hours)
    arrivals = [item(number, 7 * number) for number in range(1, 31)]
    told = [event(7 * number + 100, number, "close") for number in range(1, 31, 3)]
    late = pool("a", "b", targets=[target(150, "notify_manager", "reassign")])
    compare_with_oracle(world(late, arrivals, events=told))
    compare_cuts(world(late, arrivals, events=told), [(10, 0.5), (20, 0.0)])


@pytest.mark.usefixtures("no_room")
def test_rows_of_holds_that_ended_are_used_again() -> None:
    away = member("a", away=(20, 40))
    arrivals = [item(number, 3 * number) for number in range(1, 31)]
    compare_with_oracle(world(pool(away, hold_for=15, then="queue", queue="q"), arrivals))
    compare_with_oracle(world(pool(away), arrivals, tokens=[token("t", "a", "skip")]))


def test_no_instants_have_no_offsets() -> None:
    assert offsets_at("Europe/Oslo", np.array([], dtype=np.int64)).size == 0


def test_a_frame_lacks_columns() -> None:
    whole = conform(pl.DataFrame({"kind": ["assign"], "other": [1]}), DECISIONS)
    assert whole.schema == DECISIONS
    assert whole.row(0, named=True)["item_seq"] is None


def test_frames_without_rows_are_passed_over() -> None:
    frame, policies = frame_of(items(4)), [policy_of(pool_of())]
    several = [frame[:0], frame[:2], frame[2:2], frame[2:]]
    for frames in (several, iter(several)):
        parts = route(frames, policies, [], [], [], RouterState(), START + 3)
        assert parts.decisions.equals(go(pool_of(), items(4)).decisions)


def test_too_many_priorities_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "_MOST_PRIORITIES", 3)
    several = [Arrival(number, "p", START, priority=number) for number in range(1, 4)]
    assert go(pool_of(), several[:2]).decisions.height == 2
    with pytest.raises(RefusedError, match="distinct priorities"):
        go(pool_of(), several)


def test_a_version_that_lasts_for_years_is_laid_out_in_stretches() -> None:
    long = go(pool_of(Member("ann", limits=Limits(total=1))), items(3, 450 * DAY_US))
    assert [row.kind for row in rows_of(long)] == ["assign", "hold", "hold"]


def test_a_run_of_events_alone_begins_at_the_first() -> None:
    members = (member("a", max_open=1), member("b", max_open=1))
    begun = world(pool(*members), [item(1, 0), item(2, 1), item(3, 2)], events=[event(50, 1, "close")])
    compare_cuts(begun, [(3, 0.0), (3, 0.001)])


@pytest.mark.parametrize("within", [30, 150])
def test_clocks_that_run_out_at_one_instant_are_taken_by_priority_and_arrival(within: int) -> None:
    arrivals = [item(number, 0, priority=number * 7 % 5) for number in range(1, 25)]
    compare_with_oracle(world(pool("a", "b", targets=[target(within, "notify_manager")]), arrivals))
    told = [event(10, number, "close") for number in range(1, 25, 3)]
    compare_with_oracle(world(pool("a", "b", targets=[target(within, "reassign")]), arrivals, events=told))


def test_versions_may_share_what_they_say_of_a_pool() -> None:
    same = pool("a", "b", sticky=10)
    compare_with_oracle(world(versions((0, [same]), (15, [same])), [item(number, 10 * number) for number in range(4)]))


@pytest.mark.parametrize("order", [1, -1])
def test_what_is_told_of_one_instant_is_taken_by_kind_and_arrival_however_it_comes(order: int) -> None:
    told = [event(20, 1, "touch", "a"), event(20, 2, "touch", "a"), event(20, 1, "close"), event(20, 2, "return")]
    one = pool(member("a", max_open=2), targets=[target(10, "notify_manager")], capacity_until="touched")
    begun = world(one, [item(1, 0), item(2, 0), item(3, 20)], events=told)
    compare_with_oracle(replace(begun, events=told[::order]))
    same = [event(20, 2, "close"), event(20, 1, "close")]
    compare_with_oracle(world(one, [item(1, 0), item(2, 0), item(3, 20)], events=same[::order]))


@pytest.mark.parametrize("step", [1, 1_000_000])
def test_persons_are_handed_out_in_order_whether_close_by_or_far_apart(step: int) -> None:
    arrivals = [item(number, number, person=step * (7 * number % 31)) for number in range(1, 31)]
    compare_with_oracle(world(pool("a", "b", sticky=100), arrivals))


def test_an_unknown_kind_of_event_is_refused() -> None:
    told = event_frame([event(5, 1, "close"), event(6, 1, "clos")])
    with pytest.raises(RefusedError, match=r"unknown kind.*close"):
        route(frame_of(items(1)), world(pool("a"), []).policies, [], [], [], RouterState(), at(10), events=told)


def test_what_is_told_of_items_nobody_knows_does_nothing() -> None:
    told = event_frame([event(5, 7, "close")])
    nothing = frame_of(items(1))[:0]
    policies, until = world(pool("a"), []).policies, at(10)
    routed = route(nothing, policies, [], [], [], RouterState(), until, events=told)
    assert routed.decisions.height == 0
    assert routed.state.frontier_us == until


def test_an_earlier_item_that_comes_later_waits_before_the_others() -> None:
    first = pool(member("a", away=(0, 1000)), hold_for=30, then="failover", failover="q")
    then = pool(member("b", away=(0, 500)), name="q")
    compare_with_oracle(world([first, then], [item(1, 0), item(2, 5, pool="q"), item(3, 6, pool="q")]))
    compare_with_oracle(world([first, then], [item(1, 0, pool="q"), item(2, 1), item(3, 6, pool="q")]))


def test_items_that_everybody_passed_wait_each_by_itself() -> None:
    tokens = [token(f"t{number}", who, "skip") for number, who in enumerate("abab")]
    late = member("c", away=(0, 20))
    compare_with_oracle(world(pool("a", "b"), [item(1, 0), item(2, 5), item(3, 90)], tokens=tokens))
    compare_with_oracle(world(pool("a", "b", late), [item(1, 0), item(2, 5), item(3, 90)], tokens=tokens))


def test_who_passed_an_item_is_not_in_the_pool_it_goes_on_to() -> None:
    pools = [pool("a", hold_for=10, then="failover", failover="q"), pool("b", name="q")]
    compare_with_oracle(world(pools, [item(1, 0), item(2, 5)], tokens=[token("t", "a", "skip")]))


def test_persons_that_are_joined_over_two_steps_are_one() -> None:
    memory = Memory()
    memory.fold([(True, [1]), (True, [2]), (True, [3])])
    assert [person for person, _ in memory.fold([(True, [2, 3]), (True, [1, 2])])] == [2, 1]
    assert [person for person, _ in memory.fold([(True, [3])])] == [1]


def test_what_is_noted_beyond_an_array_stops_the_run() -> None:
    progress, tables = one_of(Progress), SimpleNamespace(passes=table_of(Pass, 0))
    progress.passes = 1
    with pytest.raises(InvariantError, match="skip tokens"):
        Tracked.check(cast("Tracked", SimpleNamespace(tables=tables, _progress=progress)))
