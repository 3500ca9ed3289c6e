"""Items about which their owners do nothing: they go on, in one run as in many, live and in history."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from tests.e2e.lives import act, clock, deliver, item, live_through, members, owners, project, steps, told, warehouse
from tests.e2e.projects import rows, run_project

FORTNIGHT = {"over": "14d", "do": "reassign"}
USERS = [{"user_id": user, "is_active": "true", "manager_id": "mia"} for user in ("a", "b", "c", "dan")]
TWICE = [
    ("09:00", {"users": USERS, "leads": [item("one", "08:00"), item("two", "08:10")]}),
    ("10:00", {"acts": [act("call", "09:30", "two", "b"), act("email", "09:40", "one", "b")]}),
    ("5d 10:00", {"acts": [act("email", "5d 09:00", "two", "b")]}),
    ("14d 12:00", {"leads": [item("three", "14d 11:00")], "acts": [act("call", "14d 11:30", "three", "b")]}),
    ("19d 12:00", {"leads": [item("four", "19d 11:00")]}),
]
"""One is never touched by its owner; two last on the fifth day, three on the fourteenth."""


def made(folder, idle=FORTNIGHT, users="abc", more=None, **pool):
    gone = {"owners_gone": {"idle": idle}, "precedence": ["item", "contact", "survivor"]}
    return project(folder, {"main": {"members": members(*users), **pool}}, ownership=gone, **(more or {}))


@pytest.mark.parametrize("at_once", [False, True])
def test_who_does_nothing_for_long_loses_the_item(tmp_path, at_once):
    """In history mode at the instant itself: fourteen days after it was given, or after the last touch by its owner."""
    folder = live_through(made(tmp_path / "p"), TWICE, at_once=at_once)
    assert steps(folder) == [
        "one assign a at 08:00", "two assign b at 08:10", "one handover c at 14d 08:00 (idle) from a",
        "three assign b at 14d 11:00", "two handover c at 19d 09:00 (idle) from b", "four assign a at 19d 11:00",
    ]  # fmt: skip
    assert owners(folder) == {"one": "c", "two": "c", "three": "b", "four": "a"}
    (words,) = rows(folder, "select in_words from marts.story('one') where step = 'handover'")
    assert "c gets it, for a did nothing about it for long" in words[0]
    lost = "select member_id, reassigned_count from marts.mart_reassignments where cause = 'idle' and period = 'all'"
    assert rows(folder, f"{lost} and reassigned_count > 0 order by all") == [("a", 1), ("b", 1)]


def live(folder):
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now"))
    return folder


def test_live_it_goes_on_at_the_first_close_by_which_activities_are_known(tmp_path):
    """Told at 09:05, it is idle from 14d 09:05 on. Leads alone say nothing of what its owner did by then."""
    folder = live(made(tmp_path / "p"))
    deliver(folder, "09:00", users=USERS, leads=[item("one", "08:00"), item("two", "08:10")])
    run_project(folder, as_of=clock("09:05"))
    deliver(folder, "1d 09:00", acts=[act("call", "1d 08:30", "two", "b")])
    run_project(folder, as_of=clock("1d 09:05"))
    for at in ("14d 09:00", "14d 10:00"):
        deliver(folder, at, leads=[item(f"at-{at}", at)])
        run_project(folder, as_of=clock(at.replace(":00", ":05")))
    assert owners(folder)["one"] == "a"
    deliver(folder, "14d 11:00", acts=[act("call", "14d 10:30", "nothing", "b")])
    run_project(folder, as_of=clock("14d 11:05"))
    assert steps(folder, "one", "two") == [
        "one assign a at 09:00", "two assign b at 09:00", "one handover b at 14d 11:05 (idle) from a",
    ]  # fmt: skip


def test_live_a_touch_in_the_same_run_keeps_it(tmp_path):
    folder = live(made(tmp_path / "p"))
    deliver(folder, "09:00", users=USERS, leads=[item("one", "08:00")])
    run_project(folder, as_of=clock("09:05"))
    deliver(folder, "14d 11:00", acts=[act("call", "14d 08:30", "one", "a")])
    run_project(folder, as_of=clock("14d 11:05"))
    deliver(folder, "28d 11:00", acts=[act("call", "28d 10:30", "nothing", "b")])
    run_project(folder, as_of=clock("28d 11:05"))
    assert steps(folder, "one") == ["one assign a at 09:00", "one handover b at 28d 11:05 (idle) from a"]


@pytest.mark.parametrize("at_once", [False, True])
def test_with_nobody_to_take_it_it_waits_with_its_owner(tmp_path, at_once):
    """Both are on leave from the tenth day to the end of the twentieth; of two a touch makes an end of it."""
    folder = made(tmp_path / "p", users="ab")
    away = [{"user_id": user, "start": "2026-03-12", "end": "2026-03-22"} for user in "ab"]
    deliveries = [
        ("09:00", {"users": USERS, "absences": away, "leads": [item("one", "08:00"), item("two", "08:10")]}),
        ("15d 09:00", {"leads": [item("three", "15d 08:00")]}),
        ("16d 09:00", {"acts": [act("call", "16d 08:00", "two", "b")]}),
        ("22d 09:00", {"leads": [item("four", "22d 08:00")]}),
    ]
    live_through(folder, deliveries[:2], at_once=at_once)
    assert owners(folder)["one"] == "a"
    waits = "select item_seq, is_idle from ops.router_open order by all"
    assert warehouse(folder, waits) == [(1, True), (2, True)]
    live_through(folder, deliveries[2:], at_once=at_once)
    assert steps(folder, "one", "two") == [
        "one assign a at 08:00", "two assign b at 08:10", "one handover b at 21d 00:00 (idle) from a",
    ]  # fmt: skip
    assert warehouse(folder, f"{waits.split(' order')[0]} where item_seq < 3 order by all") == [(1, False), (2, False)]


def test_what_a_person_gave_stays(tmp_path):
    """Nothing is taken from whom the item itself names, or a person chose; a kept claim of another kind goes on."""
    folder = made(tmp_path / "p")
    named = [item("own", "08:00", owner_id="b"), item("kept", "08:10", contact_id="c1"), item("one", "08:20")]
    later = {**item("one", "08:20", owner_id="c"), "updated_at": clock("10:00").isoformat()}
    deliveries = [
        ("08:00", {"users": USERS, "contacts": [{"contact_id": "c1", "owner_id": "b"}]}),
        ("09:00", {"leads": named}),
        ("11:00", {"leads": [later]}),
        ("20d 09:00", {"leads": [item("end", "20d 08:00")]}),
    ]
    live_through(folder, deliveries, at_once=False)
    assert {name: owner for name, owner in owners(folder).items() if name in {"own", "one"}} == {"own": "b", "one": "c"}
    assert [line.split()[:2] for line in steps(folder) if "(idle)" in line] == [["kept", "handover"]]


@pytest.mark.parametrize("at_once", [False, True])
def test_deputy_of_the_idle_owner_has_it(tmp_path, at_once):
    """dan stands in for a; he is in no pool. Nobody does for b, whose item is offered to the others."""
    idle = {"over": "2h", "do": "deputy"}
    folder = made(tmp_path / "p", idle, more={"users": [{"user": "a", "deputy": "dan"}]})
    deliveries = [
        ("09:00", {"users": USERS, "leads": [item("one", "08:00"), item("two", "08:10")]}),
        ("11:00", {"leads": [item("three", "10:50")]}),
    ]
    live_through(folder, deliveries, at_once=at_once)
    assert steps(folder, "one", "two") == [
        "one assign a at 08:00", "two assign b at 08:10", "one stand_in dan at 10:00 (idle) from a",
        "two handover c at 10:10 (idle) from b",
    ]  # fmt: skip
    (words,) = rows(folder, "select in_words from marts.story('one') where step = 'stand_in'")
    assert "dan gets it as the deputy of a, who did nothing about it for long" in words[0]


def test_idle_items_go_to_a_queue(tmp_path):
    idle = {"over": "2h", "do": "queue", "queue": "review"}
    folder = made(tmp_path / "p", idle, more={"queues": ["review"]})
    live_through(
        folder,
        [("09:00", {"users": USERS, "leads": [item("one", "08:00")]}), ("11:00", {"leads": [item("x", "10:50")]})],
        at_once=True,
    )
    assert steps(folder, "one") == ["one assign a at 08:00", "one queue at 10:00 (idle) from a to review"]
    assert rows(folder, "select cause, sent_to from marts.fct_waits where item_id = 'one'") == [("idle", "review")]
    (words,) = rows(folder, "select in_words from marts.story('one') where step = 'queue'")
    assert words[0] == "a did nothing about it for long: it leaves a for the queue review"


def test_without_a_users_feed_it_holds_too(tmp_path):
    folder = made(tmp_path / "p", {"over": "2h", "do": "reassign"})
    deliveries = [("09:00", {"leads": [item("one", "08:00")]}), ("11:00", {"leads": [item("x", "10:50")]})]
    live_through(folder, deliveries, at_once=False)
    assert steps(folder, "one") == ["one assign a at 08:00", "one handover b at 10:00 (idle) from a"]


def test_items_given_before_the_rule_are_idle_as_it_begins(tmp_path):
    """A later version asks for it: what has been idle for long goes on as that begins, told of it or not."""
    folder = made(tmp_path / "p", {"do": "keep"}, declines=True)
    policy = (folder / "policies" / "v1.yaml").read_text()
    newer = policy.replace('"v1"', '"v2"').replace("2026-01-01", "2026-03-05")
    newer = newer.replace('{"do": "keep"}', '{"over": "2h", "do": "reassign"}')
    (folder / "policies" / "v2.yaml").write_text(newer)
    live_through(folder, TWICE[:3], at_once=False)
    assert [line for line in steps(folder) if "idle" in line][:2] == [
        "one handover c at 3d 00:00 (idle) from a", "two handover c at 3d 00:00 (idle) from b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("idle", "code"),
    [
        ({"do": "reassign"}, "KEY_MISSING"),
        ({"over": "14d", "do": "queue"}, "KEY_MISSING"),
        ({"over": "14d", "do": "queue", "queue": "revue"}, "QUEUE_UNKNOWN"),
        ({"over": "14d", "do": "reassign", "queue": "review"}, "SETTING_UNUSED"),
        ({"over": "14d", "do": "reasign"}, "VALUE_UNKNOWN"),
        ({"over": "0d", "do": "reassign"}, "DURATION_ZERO"),
        ({"ovr": "14d", "do": "reassign"}, "KEY_UNKNOWN"),
    ],
)
def test_what_means_nothing_is_refused(tmp_path, idle, code):
    folder = made(tmp_path / "p", idle, more={"queues": ["review"]})
    with pytest.raises(RefusedError) as refused:
        load_project(folder)
    assert code in {problem.code for problem in refused.value.problems}
    assert "ownership.owners_gone.idle" in str(refused.value)
    assert code != "VALUE_UNKNOWN" or "reassign" in str(refused.value)


def test_sla_and_interval_end_with_the_handover(tmp_path):
    folder = made(tmp_path / "p", {"over": "2h", "do": "reassign"}, sla={"first_touch_within": "1h"})
    deliveries = [
        ("09:00", {"users": USERS, "leads": [item("one", "08:00")]}),
        ("11:00", {"leads": [item("x", "10:50")]}),
    ]
    live_through(folder, deliveries, at_once=False)
    found = told(folder, "select owner_id, status, lost_cause, next_owner_id from marts.fct_sla where item_id = 'one' "
                 "order by applied_at")  # fmt: skip
    assert found == [("a", "breached", "idle", "b"), ("b", "running", None, None)]
