"""What waits and belongs elsewhere by a newer row: it is decided again, in one run or in many."""

from __future__ import annotations

import json

import pytest

from tests.e2e.lives import act, clock, deliver, item, live_through, members, project, steps, told, warehouse
from tests.e2e.projects import run_project

AWAY = {"vacations": [{"from": "2026-03-01", "until": "2026-03-20"}]}
NORTH = [{"name": "north", "pool": "north", "when": {"country": ["NO"]}}]


def regions(folder, **more):
    """A pool whose only member is away until 20 March, and one for Norway."""
    pools = {"rest": {"members": members("r", **AWAY), **more}, "north": {"members": members("n")}}
    updates = more.pop("updates", {})
    pools["rest"] = {"members": members("r", **AWAY), **more}
    return project(folder, pools, territories=NORTH, queues=["review"], updates=updates)


def row(country, at="09:00", **more):
    return item("one", at, country=country, **more)


def lived(folder, *deliveries, at_once):
    return live_through(folder, deliveries, at_once=at_once)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_held_goes_where_it_belongs_now(tmp_path, at_once):
    folder = regions(tmp_path / "p")
    lived(folder, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [row("NO")]}), at_once=at_once)
    assert steps(folder) == [
        "one hold at 09:00 in rest",
        "one reroute at 12:00 (elsewhere) in north",
        "one assign n at 12:00 in north",
    ]
    assert told(folder, "select outcome, outcome_reason, owner_id, pool_id, territory_id from marts.fct_items") == [
        ("assigned", "rotation", "n", "north", "north")
    ]
    assert told(folder, "select kind, occurred_at, counted_at from marts.fct_item_events") == [
        ("reroute", "12:00", "12:00")
    ]
    assert told(folder, "select kind, ended_by, from_at, until_at from marts.fct_waits") == [
        ("hold", "reroute", "09:00", "12:00")
    ]
    words = [line for (line,) in told(folder, "select in_words from marts.story('one')")]
    assert "belongs elsewhere by a newer row: to another pool, or it needs other skills" in words


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_in_a_queue_goes_where_it_belongs_now(tmp_path, at_once):
    folder = regions(tmp_path / "p", when_nobody="queue", queue="review")
    lived(folder, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [row("NO")]}), at_once=at_once)
    assert steps(folder)[-2:] == ["one reroute at 12:00 (elsewhere) in north", "one assign n at 12:00 in north"]
    assert told(folder, "select kind, ended_by from marts.fct_waits") == [("queue", "reroute")]


@pytest.mark.parametrize("at_once", [True, False])
def test_other_skills_count_too(tmp_path, at_once):
    pools = {"main": {"members": [{"user": "a", "skills": ["French"], **AWAY}, {"user": "b"}]}}
    folder = project(tmp_path / "p", pools, skills=["French"])
    lived(
        folder, ("10:00", {"leads": [row("FR", needed_skills="French")]}), ("12:00", {"leads": [row("FR")]}),
        at_once=at_once,
    )  # fmt: skip
    assert steps(folder) == ["one hold at 09:00", "one reroute at 12:00 (elsewhere)", "one assign b at 12:00"]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_somebody_has_stays_theirs_and_is_no_event(tmp_path, at_once):
    folder = regions(tmp_path / "p")
    lived(folder, ("10:00", {"leads": [row("NO")]}), ("12:00", {"leads": [row("DE")]}), at_once=at_once)
    assert steps(folder) == ["one assign n at 09:00"]
    assert told(folder, "select owner_id, territory_id from marts.fct_items") == [("n", "north")]
    assert told(folder, "select kind from marts.fct_item_events") == []


@pytest.mark.parametrize("at_once", [True, False])
def test_a_row_that_says_the_same_of_the_place_moves_nothing(tmp_path, at_once):
    """Nor does one that is older, nor where the policy says so."""
    folder = regions(tmp_path / "p")
    lived(
        folder,
        ("10:00", {"leads": [row("DE", updated_at="2026-03-02T09:30:00Z")]}),
        ("12:00", {"leads": [row("SE", updated_at="2026-03-02T11:30:00Z")]}),
        ("13:00", {"leads": [row("NO", updated_at="2026-03-02T10:30:00Z")]}),
        at_once=at_once,
    )
    assert steps(folder) == ["one hold at 09:00"]
    deaf = regions(tmp_path / "q", updates={"territory": "ignore"})
    lived(deaf, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [row("NO")]}), at_once=at_once)
    assert steps(deaf) == ["one hold at 09:00"]


@pytest.mark.parametrize("at_once", [True, False])
def test_closed_items_stay_closed_and_given_ones_with_their_owner(tmp_path, at_once):
    folder = regions(tmp_path / "p", when_nobody="queue", queue="review")
    users = [{"user_id": name, "is_active": "true"} for name in ("r", "n", "x")]
    lived(
        folder,
        ("08:00", {"users": users}),
        ("10:00", {"leads": [row("DE"), item("two", "09:00", country="DE")]}),
        ("11:00", {"leads": [item("two", "09:00", country="DE", owner_id="x")],
                   "acts": [act("status_change", "10:30", "one", outcome="closed won")]}),
        ("12:00", {"leads": [row("NO"), item("two", "09:00", country="NO", owner_id="x")]}),
        at_once=at_once,
    )  # fmt: skip
    assert not [line for line in steps(folder) if "reroute" in line]


@pytest.mark.parametrize("at_once", [True, False])
def test_it_may_wait_there_too_and_come_back(tmp_path, at_once):
    folder = project(
        tmp_path / "p",
        {"rest": {"members": members("r", **AWAY)}, "north": {"members": members("n", **AWAY)}},
        territories=NORTH,
    )
    lived(
        folder, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [row("NO")]}), ("13:00", {"leads": [row("SE")]}),
        at_once=at_once,
    )  # fmt: skip
    assert steps(folder) == [
        "one hold at 09:00 in rest", "one reroute at 12:00 (elsewhere) in north", "one hold at 12:00 in north",
        "one reroute at 13:00 (elsewhere) in rest", "one hold at 13:00 in rest",
    ]  # fmt: skip
    assert told(folder, "select outcome, pool_id, territory_id from marts.fct_items") == [("held", "rest", None)]
    assert warehouse(folder, "select item_seq, pool_id from ops.router_holds") == [(1, "rest")]


def test_a_restatement_says_the_same(tmp_path):
    folder = regions(tmp_path / "p")
    lived(folder, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [row("NO")]}), at_once=False)
    before = steps(folder)
    deliver(folder, "14:00", leads=[item("three", "13:00", country="NO")])
    run_project(folder)
    assert steps(folder)[:3] == before


@pytest.mark.parametrize("at_once", [True, False])
def test_what_somebody_has_just_got_goes_on_where_the_policy_says_so(tmp_path, at_once):
    """Not what they have touched, nor what they have had for longer."""
    pools = {"rest": {"members": members("r")}, "north": {"members": members("n")}}
    folder = project(tmp_path / "p", pools, territories=NORTH, updates={"reroute_within": "3h"})
    names = ("fresh", "touched", "old")
    early = [item(name, "07:00" if name == "old" else "09:00", country="DE") for name in names]
    late = [{**lead, "country": "NO"} for lead in early]
    lived(
        folder, ("10:00", {"leads": early}), ("11:00", {"acts": [act("call", "10:30", "touched", "r")]}),
        ("12:00", {"leads": late}), at_once=at_once,
    )  # fmt: skip
    moved = ["fresh reroute at 12:00 (elsewhere) from r in north", "fresh assign n at 12:00 in north"]
    assert steps(folder)[3:] == moved
    owners = "select owner_id, from_at, until_at from marts.fct_ownership where item_id = 'fresh' order by from_at"
    assert told(folder, owners) == [("r", "09:00", "12:00"), ("n", "12:00", None)]
    held = "select item_id, owner_id from marts.fct_items order by item_id"
    assert told(folder, held) == [("fresh", "n"), ("old", "r"), ("touched", "r")]


def with_version(folder, begins, **changes):
    """The same project, and from this instant on another version of its policy."""
    first = json.loads((folder / "policies" / "v1.yaml").read_text())
    later = {**first, "version": "v2", "effective_from": clock(begins).isoformat(), **changes}
    (folder / "policies" / "v2.yaml").write_text(json.dumps(later))
    return folder


WIDER = [{"name": "north", "pool": "north", "when": {"country": ["NO", "DK"]}}]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_new_version_sends_elsewhere_goes_there_as_it_begins(tmp_path, at_once):
    """What stays where it was waits on; what comes later goes by the new version anyway; nobody loses anything."""
    folder = with_version(regions(tmp_path / "p"), "11:30", territories=WIDER)
    lived(
        folder,
        ("10:00", {"leads": [row("DK"), item("two", "09:10", country="DE"), item("has", "09:20", country="NO")]}),
        ("12:00", {"leads": [item("late", "11:45", country="DK")]}),
        at_once=at_once,
    )
    assert steps(folder) == [
        "one hold at 09:00 in rest",
        "two hold at 09:10 in rest",
        "has assign n at 09:20 in north",
        "one reroute at 11:30 (elsewhere) in north",
        "one assign n at 11:30 in north",
        "late assign n at 11:45 in north",
    ]
    assert told(folder, "select item_id, territory_id, outcome from marts.fct_items order by item_seq") == [
        ("one", "north", "assigned"),
        ("two", None, "held"),
        ("has", "north", "assigned"),
        ("late", "north", "assigned"),
    ]
    assert told(folder, "select item_id, kind, occurred_at, counted_at from marts.fct_item_events") == [
        ("one", "reroute", "11:30", "11:30")
    ]
    words = [line for (line,) in told(folder, "select in_words from marts.story('one')")]
    assert "belongs elsewhere as a version of the policy begins: to another pool, or it needs other skills" in words


@pytest.mark.parametrize("at_once", [True, False])
def test_a_pool_that_a_new_version_no_longer_has_keeps_nothing(tmp_path, at_once):
    folder = regions(tmp_path / "p")
    with_version(folder, "11:30", pools={"north": {"members": members("n")}}, territories=[], catch_all="north")
    lived(folder, ("10:00", {"leads": [row("DE")]}), ("12:00", {"leads": [item("two", "11:45")]}), at_once=at_once)
    assert steps(folder) == [
        "one hold at 09:00 in rest",
        "one reroute at 11:30 (elsewhere) in north",
        "one assign n at 11:30 in north",
        "two assign n at 11:45 in north",
    ]


@pytest.mark.parametrize("at_once", [True, False])
def test_a_new_version_goes_by_what_is_known_of_items_as_it_begins(tmp_path, at_once):
    """The newer row of 11:00 counts, that of 12:00 does not yet; and both of what comes later for before."""
    folder = with_version(regions(tmp_path / "p"), "11:30", territories=WIDER)
    lived(
        folder,
        ("10:00", {"leads": [row("DE"), item("two", "09:10", country="DK")]}),
        ("11:00", {"leads": [row("DK")]}),
        ("12:00", {"leads": [item("two", "09:10", country="DE"), item("late", "10:30", country="DE")]}),
        at_once=at_once,
    )
    assert [line for line in steps(folder) if "reroute" in line or "assign" in line] == [
        "one reroute at 11:30 (elsewhere) in north", "one assign n at 11:30 in north",
        "two reroute at 11:30 (elsewhere) in north", "two assign n at 11:30 in north",
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False])
def test_what_a_queue_holds_goes_on_too_and_a_version_may_say_no(tmp_path, at_once):
    waiting = {"when_nobody": "queue", "queue": "review"}
    folder = with_version(regions(tmp_path / "p", **waiting), "11:30", territories=WIDER)
    deliveries = ("10:00", {"leads": [row("DK")]}), ("12:00", {"leads": [item("late", "11:45", country="NO")]})
    lived(folder, *deliveries, at_once=at_once)
    assert steps(folder)[1:3] == ["one reroute at 11:30 (elsewhere) in north", "one assign n at 11:30 in north"]
    deaf = with_version(
        regions(tmp_path / "q", **waiting), "11:30", territories=WIDER, updates={"territory": "ignore"}
    )  # fmt: skip
    lived(deaf, *deliveries, at_once=at_once)
    assert not [line for line in steps(deaf) if "reroute" in line]


def test_a_run_that_finds_only_a_new_version_acts_on_it(tmp_path):
    folder = regions(tmp_path / "p")
    config = folder / "project.yaml"
    config.write_text(config.read_text().replace("run_instant: last_record", "run_instant: now"))
    deliver(folder, "10:00", leads=[row("DK")])
    run_project(folder, as_of=clock("10:05"))
    with_version(folder, "11:30", territories=WIDER)
    run_project(folder, as_of=clock("12:05"))
    run_project(folder, as_of=clock("12:10"))
    assert steps(folder) == [
        "one hold at 10:00 in rest",
        "one reroute at 11:30 (elsewhere) in north",
        "one assign n at 11:30 in north",
    ]


@pytest.mark.parametrize("runs", [(), (1,), (2,), (1, 2), (1, 2, 3)])
def test_what_comes_to_wait_in_a_run_belongs_elsewhere_as_what_waited_before(tmp_path, runs):
    """Its owner departs, nobody else is there, and a newer row sends it on: in whichever runs."""
    pools = {"rest": {"members": members("r")}, "north": {"members": members("n")}}
    folder = project(tmp_path / "p", pools, territories=NORTH)
    there = [{"user_id": "r", "is_active": "true"}, {"user_id": "n", "is_active": "true"}]
    deliveries = [
        ("08:00", {"users": there}),
        ("10:00", {"leads": [row("DE")]}),
        ("11:00", {"users": [{"user_id": "r", "is_active": "false"}]}),
        ("12:00", {"leads": [row("NO")]}),
    ]
    for number, (at, feeds) in enumerate(deliveries):
        deliver(folder, at, **feeds)
        if number in runs:
            run_project(folder)
    run_project(folder)
    assert steps(folder)[-2:] == ["one reroute at 12:00 (elsewhere) in north", "one assign n at 12:00 in north"]
    assert len(steps(folder)) == 4


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("how", ["row", "version"])
def test_what_was_taken_from_somebody_into_a_queue_may_come_to_them_elsewhere(tmp_path, how, at_once):
    sla = {"first_touch_within": "1h", "on_breach": [{"do": "queue", "queue": "review"}]}
    pools = {"rest": {"members": members("r"), "sla": sla}, "north": {"members": members("r")}}
    folder = project(tmp_path / "p", pools, territories=NORTH, queues=["review"])
    if how == "version":
        with_version(folder, "12:00", territories=WIDER)
    lived(
        folder,
        ("10:00", {"leads": [row("DK")]}),
        ("12:00", {"leads": [row("NO" if how == "row" else "DK"), item("late", "11:50", country="SE")]}),
        at_once=at_once,
    )
    assert steps(folder, "one") == [
        "one assign r at 09:00 in rest",
        "one queue at 10:00.1 (breach) from r to review in rest",
        "one reroute at 12:00 (elsewhere) in north",
        "one assign r at 12:00 in north",
    ]
    intervals = "select owner_id, from_at, until_at from marts.fct_ownership where item_id = 'one' order by from_at"
    assert told(folder, intervals) == [("r", "09:00", "10:00.1"), ("r", "12:00", None)]
