"""What happens to items after somebody got them: targets, touches, declines, returns, closing."""

import pytest

from tests.e2e.lives import (
    act,
    clock,
    deliver,
    item,
    members,
    owners,
    pool_for_each,
    project,
    steps,
    told,
    warehouse,
)
from tests.e2e.projects import run_project

SLA = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
ITEM = (
    "select outcome, outcome_reason, owner_id, first_assigned_at, assigned_at, queue_id from marts.fct_items "
    "where item_id = '{}'"
)
OWNERS = "select owner_id, from_at, until_at, cause from marts.fct_ownership where item_id = '{}' order by from_at"
BREACHES = "select item_id, member_id, kind, target, due_at, decided_at, is_notified, outcome from marts.fct_breaches"


def lived(folder, *deliveries):
    """Deliver and run, one after the other."""
    for at, feeds in deliveries:
        deliver(folder, at, **feeds)
        run_project(folder)
    return folder


def of_cases(cases, feeds_of):
    """Feeds of every case, each with names of its own: what is delivered to projects of ``pool_for_each``."""
    feeds = {}
    for case, given in cases.items():
        for feed, records in feeds_of(given).items():
            for record in records:
                own = {
                    name: f"{record[name]}-{case}" for name in ("item_id", "user_id", "activity_id") if record.get(name)
                }
                more = {"email": f"{record['item_id']}-{case}@person.example", "city": case} if feed == "leads" else {}
                feeds.setdefault(feed, []).append({**record, **own, **more})
    return feeds


@pytest.fixture
def pool(tmp_path):
    """A project of one pool, with settings given."""
    return lambda users="ab", more=None, **settings: project(
        tmp_path / "project", {"pool": {"members": members(*users), **settings}}, **(more or {})
    )


def test_a_missed_target_moves_the_item_to_somebody_else(pool):
    folder = lived(pool(sla=SLA), ("10:00", {"leads": [item("one", "09:01")]}))
    assert steps(folder) == ["one assign a at 09:01", "one reassign b at 09:31 (breach) from a"]
    assert told(folder, ITEM.format("one")) == [("assigned", "reassigned", "b", "09:01", "09:31", None)]
    intervals = told(folder, OWNERS.format("one"))
    assert intervals == [("a", "09:01", "09:31", "rotation"), ("b", "09:31", None, "reassigned")]
    missed = ("one", "a", "breach", "pool/first_touch", "09:31", "09:31")
    assert told(folder, BREACHES) == [(*missed, True, "notified"), (*missed, False, "reassigned")]
    clocks = told(folder, "select target, due_at from marts.fct_decisions order by decision_seq")
    assert clocks == [("pool/first_touch", "09:31"), ("pool/first_touch", "10:01")]


def test_nobody_else_is_there_and_the_step_waits(pool):
    folder = lived(pool("a", sla=SLA), ("10:00", {"leads": [item("one", "09:01")]}))
    assert steps(folder) == ["one assign a at 09:01"]
    assert [row[-2:] for row in told(folder, BREACHES)] == [(True, "notified"), (False, "waits")]


def test_the_last_step_is_a_queue(pool):
    sla = {**SLA, "on_breach": ["reassign", {"queue": "review"}]}
    folder = lived(pool(sla=sla, more={"queues": ["review"]}), ("11:00", {"leads": [item("one", "09:01")]}))
    assert steps(folder)[2:] == ["one queue at 10:01 (breach) from b to review"]
    assert told(folder, ITEM.format("one")) == [("queued", "breach", None, "09:01", None, "review")]
    assert told(folder, OWNERS.format("one"))[-1] == ("b", "09:31", "10:01", "reassigned")


@pytest.mark.parametrize("delivered", ["10:00", "09:20"])
def test_a_touch_in_time_stops_the_clock(pool, delivered):
    first = item("one", "09:01")
    touch = act("call", "09:31" if delivered == "10:00" else "09:20", "one", "a")
    folder = lived(
        pool(sla=SLA),
        *([("10:00", {"leads": [first], "acts": [touch]})] if delivered == "10:00" else [
            ("09:05", {"leads": [first]}), ("09:20", {"acts": [touch]}), ("10:00", {"leads": [item("two", "09:50")]}),
        ]),
    )  # fmt: skip
    assert steps(folder, "one") == ["one assign a at 09:01"]
    assert told(folder, BREACHES) == []


NO_TOUCHES = {
    "by-another": act("call", "09:20", "one", "b"),
    "a-note": act("note", "09:20", "one", "a"),
    "automated": act("email", "09:20", "one", "a", is_automated="true"),
    "inbound": act("email", "09:20", "one", "a", direction="inbound"),
    "too-late": act("call", "09:32", "one", "a"),
    "too-early": act("call", "09:00", "one", "a"),
    "of-another-item": act("call", "09:20", "two", "a"),
}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory):
    """An item for each act that is no touch in time, in a pool of its own."""
    folder = pool_for_each(tmp_path_factory.mktemp("untouched") / "project", NO_TOUCHES, "ab", sla=SLA)
    return lived(folder, ("10:00", of_cases(NO_TOUCHES, lambda act: {"leads": [item("one", "09:01")], "acts": [act]})))


@pytest.mark.parametrize("case", NO_TOUCHES)
def test_what_is_no_touch_of_the_owner_in_time_stops_nothing(untouched, case):
    assert steps(untouched, f"one-{case}")[1:] == [
        f"one-{case} reassign b-{case} at 09:31 (breach) from a-{case} in {case}"
    ]


def test_a_touch_that_comes_to_be_known_late_changes_no_decision_but_is_kept(pool):
    folder = lived(
        pool(sla=SLA),
        ("09:05", {"leads": [item("one", "09:01")]}),
        ("10:00", {"leads": [item("two", "09:50")]}),
        ("10:30", {"acts": [act("call", "09:20", "one", "a")]}),
    )
    assert steps(folder, "one") == ["one assign a at 09:01", "one reassign b at 09:31 (breach) from a"]
    known = warehouse(folder, "select kind, user_id, occurred_at, at_at from intermediate.int_item_activities")
    assert known == [("touch", "a", "09:20", "10:00.1")]


def test_a_touch_of_the_contact_counts_for_what_its_owner_has(pool):
    leads = [item("one", "09:01", contact_id="C1"), item("two", "09:02", contact_id="C1"), item("three", "09:03")]
    touch = act("email", "09:20", "", "a", contact_id="C1")
    folder = lived(pool(sla=SLA), ("09:45", {"leads": leads, "acts": [touch]}))
    assert [line for line in steps(folder) if "reassign" in line] == [
        "two reassign a at 09:32 (breach) from b", "three reassign b at 09:33 (breach) from a",
    ]  # fmt: skip
    assert warehouse(folder, "select item_seq, user_id, occurred_at from intermediate.int_item_activities") == [
        (1, "a", "09:20")
    ]


def test_an_owner_may_decline(pool):
    folder = lived(
        pool(declines=True),
        ("10:00", {"leads": [item("one", "09:01")], "acts": [act("decline", "09:10", "one", "a")]}),
    )
    assert steps(folder) == ["one assign a at 09:01", "one reassign b at 09:10 (decline) from a"]


def test_who_returns_a_bad_item_is_given_another(pool):
    leads = [item("one", "09:01"), item("two", "09:20"), item("three", "09:30")]
    back = act("status_change", "09:10", "one", "a", outcome="Spam")
    folder = lived(pool(redo_on_return=True), ("10:00", {"leads": leads, "acts": [back]}))
    assert steps(folder) == ["one assign a at 09:01", "two redo a at 09:20", "three assign b at 09:30"]
    assert told(folder, "select token_id from marts.fct_decisions where kind = 'redo'") == [("returned:1",)]


def test_a_meeting_that_the_customer_missed_gives_the_next_item_as_a_change_of_status_does(pool):
    leads = [item("one", "09:01"), item("two", "09:20"), item("three", "09:30")]
    missed = act("meeting", "09:10", "one", "a", outcome="NO_SHOW")
    own = pool(redo_on_return=True, more={"returns": {"outcomes": ["no show"]}})
    folder = lived(own, ("10:00", {"leads": leads, "acts": [missed]}))
    assert steps(folder) == ["one assign a at 09:01", "two redo a at 09:20", "three assign b at 09:30"]
    assert told(folder, "select kind from marts.fct_item_events") == [("return",)]


NOT_HELD = ("NO_SHOW", "no show", "No-Show", "Canceled", "CANCELLED", " re_scheduled", "rescheduled", "No–show")


@pytest.mark.parametrize("contact", ["", "c1"])
def test_a_meeting_that_did_not_take_place_is_no_touch(tmp_path, contact):
    """However its outcome is written, and whether it names the item or its contact."""
    folder = project(
        tmp_path / "project",
        {"pool": {"members": members("a"), "sla": {"first_touch_within": "1h"}}},
        touches={"not_held": ["no show", "canceled", "cancelled", "re scheduled", "rescheduled"]},
    )
    named = {"contact_id": contact} if contact else {}
    about = "" if contact else "one"
    missed = [act("Meeting", f"09:{10 + k}", about, "a", outcome=word, **named) for k, word in enumerate(NOT_HELD)]
    held = [act("meeting", "09:40", about, "a", outcome="completed", **named)]
    deliver(folder, "10:00", leads=[item("one", "09:01", contact_id="c1")], acts=[*missed, *held])
    run_project(folder)
    assert told(folder, "select first_touch_at from marts.fct_sla") == [("09:40",)]
    assert told(folder, "select count(*) from marts.fct_item_events") == [(1,)]
    assert told(folder, "from ops.unlisted_words") == []


ONE = item("one", "09:01")
CLOSINGS = {
    "closed-at": {"leads": [{**ONE, "closed_at": "2026-03-02T09:30:00Z"}]},
    "status": {"leads": [{**ONE, "status": " Closed - Converted", "updated_at": "2026-03-02T09:30:00Z"}]},
    "activity": {"acts": [act("stage_change", "09:30", "one", outcome="won")]},
}


@pytest.fixture(scope="module")
def freed(tmp_path_factory):
    """Two items for each way to close one, in a pool whose only member may have one at a time."""
    folder = pool_for_each(tmp_path_factory.mktemp("freed") / "project", CLOSINGS, "a", max_open=1)
    begun = of_cases(CLOSINGS, lambda _: {"leads": [ONE, item("two", "09:02")]})
    return lived(folder, ("09:05", begun), ("10:00", of_cases(CLOSINGS, dict)))


@pytest.mark.parametrize("how", CLOSINGS)
def test_closing_an_item_frees_its_place_at_that_instant(freed, how):
    assert steps(freed, f"one-{how}", f"two-{how}") == [
        f"one-{how} assign a-{how} at 09:01 in {how}",
        f"two-{how} hold at 09:02 in {how}",
        f"two-{how} assign a-{how} at 09:30 in {how}",
    ]
    assert {owners(freed)[name] for name in (f"one-{how}", f"two-{how}")} == {f"a-{how}"}


def test_an_item_that_closes_while_it_waits_is_withdrawn(pool):
    two = item("two", "09:02")
    folder = lived(
        pool("a", max_open=1),
        ("09:05", {"leads": [item("one", "09:01"), two]}),
        ("10:00", {"leads": [{**two, "is_deleted": "true", "updated_at": "2026-03-02T09:40:00Z"}]}),
    )
    assert steps(folder, "two") == ["two hold at 09:02", "two withdraw at 09:40 (closed)"]
    assert told(folder, ITEM.format("two")) == [("disqualified", "closed_while_waiting", None, None, None, None)]


def test_an_older_row_closes_nothing(pool):
    one = item("one", "09:01", updated_at="2026-03-02T09:03:00Z")
    stale = {**one, "status": "closed", "updated_at": "2026-03-02T09:02:00Z"}
    folder = lived(
        pool("a", max_open=1), ("09:05", {"leads": [one, item("two", "09:02")]}), ("10:00", {"leads": [stale]})
    )
    assert steps(folder, "two") == ["two hold at 09:02"]


def test_an_item_that_comes_closed_takes_no_place(pool):
    leads = [item("one", "09:01", status="done"), item("two", "09:02"), item("three", "09:03")]
    folder = lived(pool("a", {"updates": {"arrives_closed": "decide"}}, max_open=1), ("10:00", {"leads": leads}))
    assert steps(folder) == ["one assign a at 09:01", "two assign a at 09:02", "three hold at 09:03"]


def test_an_activity_may_come_before_its_item_and_lie_ahead_of_its_run(pool):
    folder = pool("a", max_open=1)
    early = act("stage_change", "09:30", "one", outcome="won")
    ahead = act("stage_change", "09:50", "two", outcome="won")
    deliver(folder, "09:50", leads=[item("two", "09:02"), item("three", "09:39")], acts=[early, ahead])
    run_project(folder, as_of=clock("10:00"), until=clock("09:05"))
    assert [row[:2] for row in warehouse(folder, WAITING)] == [("one", "time"), ("two", "time")]
    run_project(folder, as_of=clock("10:00"), until=clock("09:40"))
    assert warehouse(folder, WAITING) == [("one", "item"), ("two", "time")]
    deliver(folder, "10:00", leads=[item("one", "09:45"), item("four", "09:55")])
    run_project(folder)
    assert warehouse(folder, WAITING) == []
    assert steps(folder, "one", "three") == [
        "three hold at 09:39", "three assign a at 09:50", "one hold at 09:50", "one withdraw at 09:50.1 (closed)",
    ]  # fmt: skip


WAITING = "select item_id, waits_for from intermediate.int_waiting_activities order by all"
