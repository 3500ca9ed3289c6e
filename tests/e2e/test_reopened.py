"""Items that were closed and are open again by a later row: who has them, from when on, and what is measured."""

import json

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import (
    DAY,
    act,
    clock,
    deliver,
    item,
    live_through,
    members,
    owners,
    project,
    steps,
    told,
    warehouse,
)

SLA = {"first_touch_within": "1h", "on_breach": ["notify_manager"]}
INTERVALS = "select owner_id, from_at, until_at, cause from marts.fct_ownership where item_id = '{}' order by from_at"
CLOCKS = (
    "select owner_id, cause, status, applied_at, due_at, first_touch_at, ended_at from marts.fct_sla "
    "where item_id = '{}' order by applied_at"
)
ITEM = "select outcome, outcome_reason, owner_id, assigned_at from marts.fct_items where item_id = '{}'"


def row(name, at, status="", came="09:00", **more):
    """A row of an item, as it was changed then."""
    return item(name, came, status=status, updated_at=clock(at).isoformat(), **more)


@pytest.fixture
def lived(tmp_path):
    """A project of one pool after some deliveries, run after each or once for all."""

    def made(*deliveries, users="abc", at_once=False, folder="project", more=None, people=None, settings="", **pool):
        folder = f"{folder}-{at_once}"
        where = project(tmp_path / folder, {"pool": {"members": members(*users), **pool}}, **(more or {}))
        with (where / "project.yaml").open("a") as file:
            file.write(settings)
        deliver(where, "08:00", users=people or [{"user_id": user, "is_active": "true"} for user in users])
        return live_through(where, deliveries, at_once=at_once)

    return made


AGAIN = [
    ("10:00", {"leads": [row("one", "09:00", "open"), row("two", "09:01", "open", "09:01")]}),
    ("11:00", {"leads": [row("one", "10:30", "closed")]}),
    ("1d 11:00", {"leads": [row("one", "1d 10:20", "open")], "acts": [act("call", "1d 10:30", "one", "a")]}),
    ("2d 11:00", {"leads": [item("three", "2d 10:59")]}),
]


@pytest.mark.parametrize("at_once", [False, True])
def test_who_had_it_has_it_again(lived, at_once):
    folder = lived(*AGAIN, at_once=at_once, sla=SLA)
    assert steps(folder) == [
        "one assign a at 09:00", "two assign b at 09:01", "one keep a at 1d 11:00", "three assign c at 2d 10:59",
    ]  # fmt: skip
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:00", "1d 11:00", "rotation"), ("a", "1d 11:00", None, "kept"),
    ]  # fmt: skip
    assert told(folder, ITEM.format("one")) == [("kept", "reopened", "a", "1d 11:00")]
    clocks = told(folder, CLOCKS.format("one"))
    assert clocks[0] == ("a", "rotation", "breached", "09:00", "10:00", None, "10:30")
    assert clocks[1][:2] + clocks[1][3:5] + clocks[1][6:] == ("a", "kept", "1d 11:00", "1d 12:00", None)
    events = told(folder, "select kind, occurred_at, counted_at from marts.fct_item_events where item_id = 'one'")
    assert ("reopen", "1d 10:20", "1d 11:00") in events
    words = [text for (text,) in told(folder, "select in_words from marts.story('one') order by step_no")]
    assert "is open again" in words
    assert "stays with a, who had it before it was closed; no turn is charged" in [
        text.split(". ")[0] for text in words
    ]


@pytest.mark.parametrize("at_once", [False, True])
def test_without_its_owner_it_is_offered_to_all(lived, at_once):
    gone = [{"user_id": "a", "is_active": "false"}]
    deliveries = [*AGAIN[:2], ("1d 09:00", {"users": gone}), *AGAIN[2:]]
    folder = lived(*deliveries, at_once=at_once)
    assert steps(folder, "one") == ["one assign a at 09:00", "one assign c at 1d 11:00"]
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:00", "1d 11:00", "rotation"), ("c", "1d 11:00", None, "rotation"),
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True])
def test_it_may_be_closed_and_open_several_times(lived, at_once):
    folder = lived(
        *AGAIN[:3],
        ("3d 10:00", {"leads": [row("one", "3d 09:00", "closed")]}),
        ("3d 11:00", {"leads": [row("one", "3d 10:30", "closed", city="a")]}),
        ("4d 10:00", {"leads": [row("one", "4d 09:00", "open")]}),
        ("4d 11:00", {"leads": [row("one", "4d 10:30", "open", city="b")]}),
        ("5d 10:00", {"leads": [row("one", "5d 09:00", "closed")]}),
        at_once=at_once, sla=SLA, max_open=1,
    )  # fmt: skip
    assert steps(folder, "one") == ["one assign a at 09:00", "one keep a at 1d 11:00", "one keep a at 4d 10:00"]
    kinds = told(folder, "select kind, counted_at from marts.fct_item_events where kind <> 'touch' order by counted_at")
    assert [kind for kind, _ in kinds] == ["close", "reopen", "close", "reopen", "close"]
    assert [row[-1] for row in told(folder, CLOCKS.format("one"))] == ["10:30", "3d 09:00", "5d 09:00"]


@pytest.mark.parametrize("at_once", [False, True])
def test_who_has_it_again_and_leaves_loses_it(lived, at_once):
    gone = [{"user_id": user, "is_active": str(user != "a").lower()} for user in "abc"]
    folder = lived(*AGAIN[:3], ("2d 10:00", {"users": gone}), *AGAIN[3:], at_once=at_once)
    (moved,) = [line for line in steps(folder, "one") if "handover" in line]
    assert moved.endswith("(departed) from a")
    assert owners(folder)["one"] != "a"


@pytest.mark.parametrize("at_once", [False, True])
def test_late_or_by_the_policy_it_is_as_if_it_had_just_come(lived, at_once):
    for reopened in ({"within": "10h"}, {"do": "rotate"}, "rotate"):
        folder = lived(
            *AGAIN[:3], at_once=at_once, more={"updates": {"reopened": reopened}}, folder=str(len(str(reopened)))
        )
        assert steps(folder, "one") == ["one assign a at 09:00", "one assign c at 1d 11:00"]
    folder = lived(*AGAIN[:3], at_once=at_once, more={"updates": {"reopened": "ignore"}}, folder="ignore")
    assert steps(folder, "one") == ["one assign a at 09:00"]


@pytest.mark.parametrize("at_once", [False, True])
def test_what_was_closed_while_it_waited_waits_again(lived, at_once):
    off = {"hours": {"mon-fri": ["20:00-21:00"]}}
    folder = lived(*AGAIN[:3], at_once=at_once, **off)
    assert steps(folder, "one") == ["one hold at 09:00", "one withdraw at 10:30 (closed)", "one hold at 1d 11:00"]
    assert told(folder, ITEM.format("one"))[0][0] == "held"
    folder = lived(
        *AGAIN[:3],
        at_once=at_once,
        folder="queue",
        more={"queues": ["review"]},
        when_nobody="queue",
        queue="review",
        **off,
    )
    assert steps(folder, "one") == ["one queue at 09:00 (nobody) to review", "one queue at 1d 11:00 (nobody) to review"]
    waits = told(folder, "select from_at, until_at, ended_by from marts.fct_waits where item_id = 'one' order by 1")
    assert waits == [("09:00", "10:30", "close"), ("1d 11:00", None, None)]


@pytest.mark.parametrize("at_once", [False, True])
def test_a_person_may_give_it_to_somebody_as_it_opens(lived, at_once):
    folder = lived(
        *AGAIN[:2], ("1d 11:00", {"leads": [row("one", "1d 10:20", "open", owner_id="c")]}), at_once=at_once, sla=SLA
    )
    assert steps(folder, "one") == ["one assign a at 09:00", "one give c at 1d 11:00 (manual) from a"]
    assert told(folder, INTERVALS.format("one")) == [
        ("a", "09:00", "1d 10:20", "rotation"), ("c", "1d 10:20", None, "manual"),
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True])
def test_one_closed_by_an_activity_is_open_again_by_its_status(lived, at_once):
    done = {"item_id": "one", "kind": "status_change", "outcome": "closed", "activity_id": "c1",
            "occurred_at": clock("10:30").isoformat()}  # fmt: skip
    folder = lived(
        AGAIN[0],
        ("11:00", {"acts": [done]}),
        ("12:00", {"leads": [row("one", "10:10", "open", city="a")]}),
        ("13:00", {"leads": [item("one", "09:00", city="b", updated_at=clock("12:30").isoformat())]}),
        ("14:00", {"leads": [row("one", "13:30", "open")]}),
        at_once=at_once,
    )
    assert steps(folder, "one") == ["one assign a at 09:00", "one keep a at 14:00"]


def test_a_restatement_finds_it_open_again(lived):
    folder = lived(*AGAIN, sla=SLA)
    before = told(folder, "select item_id, owner_id, from_at, until_at, cause from marts.fct_ownership order by all")
    backfill(load_project(folder), DAY.date())
    after = told(folder, "select item_id, owner_id, from_at, until_at, cause from marts.fct_ownership order by all")
    assert after == before


@pytest.mark.parametrize("at_once", [False, True])
def test_capacity_counts_it_where_kept_items_count(lived, at_once):
    folder = lived(
        *AGAIN[:3], ("1d 12:00", {"leads": [item("four", "1d 11:30"), item("five", "1d 11:31")]}),
        users="ab", at_once=at_once, max_open=1, count_kept=True,
    )  # fmt: skip
    assert steps(folder)[2:] == ["one keep a at 1d 11:00", "four hold at 1d 11:30", "five hold at 1d 11:31"]
    assert warehouse(
        folder, "select sum(balance) from ops.router_state where run_id = (select max(run_id) from ops.router_state)"
    ) == [(0,)]


@pytest.mark.parametrize("at_once", [False, True])
def test_an_owner_in_no_pool_has_it_again(lived, at_once):
    people = [{"user_id": user, "is_active": "true"} for user in ("a", "b", "dan")]
    folder = lived(
        ("10:00", {"leads": [row("one", "09:00", "open", owner_id="dan")]}), *AGAIN[1:3], users="ab", at_once=at_once,
        people=people,
    )  # fmt: skip
    assert owners(folder)["one"] == "dan"
    assert steps(folder, "one") == ["one keep dan at 1d 11:00"]


def often(at_once, lived, **reopened):
    """An item that is closed and opened again three times; the manager of whoever has it is m."""
    people = [{"user_id": user, "is_active": "true", "manager_id": "m"} for user in "abc"]
    updates = {"updates": {"reopened": reopened}} if reopened else {}
    return lived(
        ("10:00", {"leads": [row("one", "09:00", "open")]}),
        *(
            (f"{day}d {hour}:00", {"leads": [row("one", f"{day}d {hour - 1}:30", status, city=str(day))]})
            for day in (1, 2, 3)
            for hour, status in ((11, "closed"), (12, "open"))
        ),
        at_once=at_once, people=[*people, {"user_id": "m", "is_active": "true"}], sla=SLA, more=updates,
        settings="outbox: {messages: [reopened]}\n",
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize(
    ("reopened", "at"),
    [
        ({}, ["3d 12:00"]),
        ({"again": {"times": 2}}, ["2d 12:00", "3d 12:00"]),
        ({"do": "rotate", "again": {"do": "nothing"}}, []),
    ],
)
def test_time_after_time_the_manager_is_told(lived, at_once, reopened, at):
    folder = often(at_once, lived, **reopened)
    found = told(folder, "select created_at, kind, recipient_id, payload from ops.outbox order by created_at")
    assert [row[:3] for row in found] == [(each, "reopened", "m") for each in at]
    assert [json.loads(row[3])["count"] for row in found] == [3 - len(at) + 1 + place for place in range(len(at))]
