"""Ladders of steps: reminders, managers, reassignments and queues, each at its own instant, and steps that wait."""

import pytest

from tests.e2e.lives import act, clock, deliver, item, live_through, members, project, steps, told
from tests.e2e.projects import run_project

TAKEN = (
    "select member_id, step, level, kind, outcome, decided_at from marts.fct_breaches where item_id = '{}' "
    "order by decided_at, step_no, outcome desc"
)
MESSAGES = (
    "select kind, recipient_id, created_at from ops.outbox where kind in ('breach', 'remind') order by created_at"
)
USERS = [
    {"user_id": "ann", "is_active": "true", "manager_id": "mia"},
    {"user_id": "bob", "is_active": "true", "manager_id": "mia"},
    {"user_id": "cid", "is_active": "true", "manager_id": "mia"},
    {"user_id": "mia", "is_active": "true", "manager_id": "eva"},
    {"user_id": "eva", "is_active": "true", "manager_id": ""},
]
EVA_AWAY = [{"user_id": "eva", "start": "2026-03-01", "end": "2026-03-31"}]
LADDER = [
    {"at": "-5m", "do": "remind"},
    {"do": "notify_manager"},
    {"at": "10m", "do": "notify_manager", "level": 2},
    {"at": "30m", "do": "reassign"},
    {"at": "4h", "do": "queue", "queue": "review"},
]
OFFICE = {"hours": {"mon-fri": ["08:00-16:00"]}}


def made(folder, sla, *, users="ann bob cid", messages="assignment, breach, remind, alternate_channel", **settings):
    who = members(*users.split()) if isinstance(users, str) else users
    pool = {"members": who, "sla": sla, **settings}
    more = {"calendars": {"office": OFFICE}} if "calendar" in settings else {}
    place = project(folder / "project", {"main": pool}, queues=["review"], **more)
    with (place / "project.yaml").open("a") as file:
        file.write(f"outbox: {{messages: [{messages}]}}\n")
    return place


def lived(folder, *deliveries, absences=EVA_AWAY, users=USERS):
    deliver(folder, "00:01", users=users, absences=absences)
    for at, feeds in deliveries:
        deliver(folder, at, **feeds)
    run_project(folder)
    return folder


@pytest.fixture
def ladder(tmp_path):
    return made(tmp_path, {"first_touch_within": "30m", "on_breach": LADDER}, max_reassignments=1)


def test_each_step_has_its_own_instant_and_the_bound_of_moves_is_kept(ladder):
    lived(ladder, ("20:00", {"leads": [item("one", "09:00")]}))
    assert steps(ladder) == [
        "one assign ann at 09:00", "one reassign bob at 10:00 (breach) from ann",
        "one queue at 14:30 (breach) from bob to review",
    ]  # fmt: skip
    assert told(ladder, TAKEN.format("one")) == [
        ("ann", "remind", None, "ahead", "reminded", "09:25"),
        ("ann", "notify_manager", 1, "breach", "notified", "09:30"),
        ("ann", "notify_manager", 2, "later", "notified", "09:40"),
        ("ann", "reassign", None, "later", "reassigned", "10:00"),
        ("bob", "remind", None, "ahead", "reminded", "10:25"),
        ("bob", "notify_manager", 1, "breach", "notified", "10:30"),
        ("bob", "notify_manager", 2, "later", "notified", "10:40"),
        ("bob", "reassign", None, "later", "stayed", "11:00"),
        ("bob", "queue", None, "later", "queued", "14:30"),
    ]
    assert told(ladder, MESSAGES) == [
        ("remind", "ann", "09:25"), ("breach", "mia", "09:30"), ("breach", None, "09:40"),
        ("remind", "bob", "10:25"), ("breach", "mia", "10:30"), ("breach", None, "10:40"), ("breach", "mia", "11:00"),
    ]  # fmt: skip
    undeliverable = "select distinct recipient_id is null from ops.outbox where is_undeliverable"
    assert told(ladder, undeliverable) == [(True,)]


@pytest.mark.parametrize(
    ("called", "status", "taken"), [("09:28", "met", ["remind"]), ("09:35", "breached", ["remind", "notify_manager"])]
)
def test_a_touch_ends_the_ladder(ladder, called, status, taken):
    lived(ladder, ("20:00", {"leads": [item("one", "09:00")], "acts": [act("call", called, "one", "ann")]}))
    assert steps(ladder) == ["one assign ann at 09:00"]
    assert [row[1] for row in told(ladder, TAKEN.format("one"))] == taken
    assert told(ladder, "select status from marts.fct_sla") == [(status,)]


@pytest.mark.parametrize("delay", [None, "30m"])
def test_a_step_that_finds_nobody_waits_until_somebody_is_there(tmp_path, delay):
    sla = {"first_touch_within": "1h", "on_breach": ["notify_manager", "reassign"]}
    folder = made(tmp_path, sla, calendar="office", **({"activity_delay": delay} if delay else {}))
    lived(folder, ("1d 12:00", {"leads": [item("one", "15:20"), item("end", "1d 11:59")]}))
    assert steps(folder)[:2] == ["one assign ann at 15:20", "one reassign bob at 1d 08:00 (breach) from ann"]
    told_at = "16:50" if delay else "16:20"
    assert [row[1:] for row in told(folder, TAKEN.format("one"))][:3] == [
        ("notify_manager", 1, "breach", "notified", told_at),
        ("reassign", None, "breach", "waits", told_at),
        ("reassign", None, "later", "reassigned", "1d 08:00"),
    ]


@pytest.mark.parametrize("runs", ["one", "many"])
def test_a_waiting_step_is_kept_from_run_to_run(tmp_path, runs):
    sla = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
    folder = made(tmp_path, sla, calendar="office")
    deliver(folder, "00:01", users=USERS, absences=EVA_AWAY)
    for at, feeds in (
        ("16:00", {"leads": [item("one", "15:50")]}),
        ("20:00", {"leads": [item("two", "19:00")]}),
        ("1d 12:00", {"leads": [item("end", "1d 12:00")]}),
    ):
        deliver(folder, at, **feeds)
        if runs == "many":
            run_project(folder)
    run_project(folder)
    assert "one reassign bob at 1d 08:00 (breach) from ann" in steps(folder)


@pytest.mark.parametrize(("by", "owner"), [("ann", "ann"), ("bob", "bob")])
def test_only_a_touch_by_its_owner_voids_a_waiting_step(tmp_path, by, owner):
    folder = made(tmp_path, {"first_touch_within": "30m", "on_breach": ["reassign"]}, calendar="office")
    calls = [act("call", "16:40", "one", by)]
    lived(folder, ("1d 08:00", {"leads": [item("one", "15:50"), item("end", "1d 08:00")], "acts": calls}))
    assert told(folder, "select owner_id from marts.fct_items where item_id = 'one'") == [(owner,)]


def test_whoever_is_full_today_can_take_it_tomorrow(tmp_path):
    sla = {"first_touch_within": "4h", "on_breach": ["notify_manager", "reassign"]}
    folder = made(tmp_path, sla, users="ann bob", limits={"daily": 1})
    leads, calls = [item("one", "08:00"), item("two", "08:05")], [act("call", "08:20", "two", "bob")]
    lived(folder, ("10:00", {"leads": leads, "acts": calls}), ("2d 09:00", {"leads": [item("end", "2d 08:00")]}))
    assert "one reassign bob at 1d 00:00 (breach) from ann" in steps(folder)


def test_somebody_of_another_pool_and_another_system(tmp_path):
    ladder = [{"do": "alternate_channel"}, {"at": "10m", "do": "failover", "pool": "other"}]
    pools = {
        "main": {"members": members("ann"), "sla": {"first_touch_within": "30m", "on_breach": ladder}},
        "other": {"members": members("cid"), "sla": {"first_touch_within": "2h"}},
    }
    folder = project(tmp_path / "project", pools)
    with (folder / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [alternate_channel]}\n")
    lived(folder, ("12:00", {"leads": [item("one", "09:00")]}))
    assert steps(folder) == [
        "one assign ann at 09:00 in main", "one reassign cid at 09:40 (breach) from ann in other",
    ]  # fmt: skip
    assert told(folder, "select kind, recipient_id, created_at from ops.outbox") == [
        ("alternate_channel", None, "09:30")
    ]
    assert told(folder, "select pool_id, owner_id from marts.fct_items where item_id = 'one'") == [("other", "cid")]


def test_the_manager_is_one_who_is_there(tmp_path):
    users = [
        {"user_id": "ann", "is_active": "true", "manager_id": "mia"},
        {"user_id": "bob", "is_active": "true", "manager_id": "max"},
        {"user_id": "cid", "is_active": "true", "manager_id": "cid"},
        {"user_id": "mia", "is_active": "false", "manager_id": "eva"},
        {"user_id": "max", "is_active": "true", "manager_id": "eva"},
        {"user_id": "eva", "is_active": "true", "manager_id": ""},
    ]
    absences = [{"user_id": "max", "start": "2026-03-01", "end": "2026-03-30"}]
    folder = made(tmp_path, {"first_touch_within": "1h", "on_breach": ["notify_manager"]}, messages="breach")
    leads = [item(name, f"08:0{number}") for number, name in enumerate(("one", "two", "three"))]
    lived(folder, ("12:00", {"leads": leads}), absences=absences, users=users)
    query = "select recipient_id, is_undeliverable from ops.outbox order by created_at"
    assert told(folder, query) == [("eva", False), ("eva", False), (None, True)]


def test_a_touch_told_late_marks_the_step_and_meets_the_target(tmp_path):
    folder = made(tmp_path, {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}, users="ann bob")
    deliver(folder, "00:01", users=USERS)
    deliver(folder, "10:00", leads=[item("one", "09:00"), item("end", "10:00")])
    run_project(folder)
    deliver(folder, "11:00", acts=[act("call", "09:08", "one", "ann"), act("call", "09:40", "one", "bob")])
    run_project(folder)
    query = "select owner_id, status, is_late_touch from marts.fct_sla where item_id = 'one' order by applied_at"
    assert told(folder, query) == [("ann", "met", True), ("bob", "met", False)]
    marked = "select member_id, step, late_touch from marts.fct_breaches where item_id = 'one' order by step_no"
    assert told(folder, marked) == [("ann", "notify_manager", True), ("ann", "reassign", True)]
    sent = "select recipient_id, created_at from ops.outbox where kind = 'breach' and item_id = 'one'"
    assert told(folder, sent) == [("mia", "09:30")]


@pytest.mark.parametrize(
    ("closed", "status", "taken"),
    [("16:00", "met", []), ("1d 14:00", "breached", ["notify_manager"]), (None, "breached", ["notify_manager"])],
)
def test_an_item_is_to_be_closed_in_time_beside_the_first_touch(tmp_path, closed, status, taken):
    own = {"clock": "working", "on_breach": ["notify_manager"]}
    sla = [{"first_touch_within": "1h", **own}, {"resolve_within": "8h", **own}]
    folder = made(tmp_path, sla, users=members("ann", hours={"mon-fri": ["09:00-17:00"]}))
    calls = [act("call", "13:10", "one", "ann")]
    rows = [item("one", "13:00")]
    lived(folder, ("14:00", {"leads": rows, "acts": calls}), ("2d 12:00", {"leads": [
        item("end", "2d 12:00"), *([item("one", "13:00", closed_at=clock(closed).isoformat())] if closed else []),
    ]}))  # fmt: skip
    query = (
        "select target, status, resolve_target, resolve_due_at, resolve_status from marts.fct_sla where item_id = 'one'"
    )
    assert told(folder, query) == [("main/first_touch", "met", "main/resolve", "1d 13:00", status)]
    assert [row[1] for row in told(folder, TAKEN.format("one"))] == taken


RETURN = {"first_touch_within": "30m", "on_breach": [{"do": "return"}]}


def test_what_is_sent_back_waits_for_those_who_have_not_had_it(tmp_path):
    """Once all have had it all may have it again; the bound of moves holds all the while."""
    place = made(tmp_path, RETURN, users="ann bob", max_reassignments=3)
    lived(place, ("20:00", {"leads": [item("one", "09:00")]}))
    assert steps(place) == [
        "one assign ann at 09:00", "one hold at 09:30 (breach) from ann", "one assign bob at 09:30",
        "one hold at 10:00 (breach) from bob", "one assign bob at 10:00",
        "one hold at 10:30 (breach) from bob", "one assign ann at 10:30",
    ]  # fmt: skip
    found = [(who, step, outcome, at) for who, step, _, _, outcome, at in told(place, TAKEN.format("one"))]
    assert found == [
        ("ann", "return", "returned", "09:30"), ("bob", "return", "returned", "10:00"),
        ("bob", "return", "returned", "10:30"), ("ann", "return", "stayed", "11:00"),
    ]  # fmt: skip
    owners = "select owner_id, from_at, until_at from marts.fct_ownership order by from_at"
    assert told(place, owners)[:2] == [("ann", "09:00", "09:30"), ("bob", "09:30", "10:00")]


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_sent_back_waits_while_nobody_else_is_there(tmp_path, at_once):
    """Bob starts at noon; a touch before the step keeps the item, and who waited longer goes first."""
    users = [{"user": "ann"}, {"user": "bob", "hours": {"mon-fri": ["12:00-16:00"]}}]
    place = made(tmp_path, RETURN, users=users)
    deliveries = [
        ("00:01", {"users": USERS}),
        ("09:10", {"leads": [item("one", "09:00"), item("two", "09:05")]}),
        ("09:20", {"acts": [act("call", "09:15", "two", "ann")]}),
        ("11:00", {"leads": [item("three", "10:50")]}),
        ("13:00", {"leads": [item("four", "12:30")]}),
    ]
    live_through(place, deliveries, at_once=at_once)
    assert steps(place, "one", "two") == [
        "one assign ann at 09:00", "two assign ann at 09:05", "one hold at 09:30 (breach) from ann",
        "one assign bob at 12:00", "one hold at 12:30 (breach) from bob", "one assign ann at 12:30",
    ]  # fmt: skip
    words = [line for (line,) in told(place, "select in_words from marts.story('one')")]
    assert any("leaves ann; it waits in main" in line for line in words)
