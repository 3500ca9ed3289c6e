"""Targets of items that an existing owner keeps: those of their pool, or of the policy's ownership."""

import pytest

from tests.e2e.lives import act, deliver, item, members, project, steps, told
from tests.e2e.projects import run_project

SLA = "select owner_id, cause, target, due_at, status, first_touch_at from marts.fct_sla order by applied_at"
CONTACTS = [{"contact_id": "c-1", "email": "one@person.example", "owner_id": "ann"},
            {"contact_id": "c-2", "email": "two@person.example", "owner_id": "kim"}]  # fmt: skip
TARGET = {"first_touch_within": "1h", "on_breach": ["notify_manager", "reassign"]}


def made(folder, own=None, **pool):
    more = {"ownership": {"sla": own}} if own else {}
    place = project(folder / "project", {"main": {"members": members("ann", "bob"), **pool}}, **more)
    with (place / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [breach]}\n")
    return place


def lived(folder, name, contact, acts=()):
    users = [{"user_id": user, "is_active": "true", "manager_id": "mia"} for user in ("ann", "bob", "kim", "mia")]
    deliver(folder, "00:01", contacts=CONTACTS, users=users)
    deliver(folder, "12:00", leads=[item(name, "09:00", contact_id=contact)], acts=list(acts))
    run_project(folder)
    return folder


@pytest.mark.parametrize(("name", "contact", "owner"), [("one", "c-1", "ann"), ("two", "c-2", "kim")])
def test_a_kept_item_has_the_targets_of_its_pool(tmp_path, name, contact, owner):
    folder = lived(made(tmp_path, sla=TARGET), name, contact)
    (moved, *_) = steps(folder)
    assert moved.split()[:2] == [name, "reassign"]
    assert moved.endswith(f"at 10:00 (breach) from {owner}")
    first, second = told(folder, SLA)[:2]
    assert first == (owner, "kept", "main/first_touch", "10:00", "breached", None)
    assert second[1:5] == ("reassigned", "main/first_touch", "11:00", "breached")
    assert told(folder, "select recipient_id from ops.outbox order by created_at limit 1") == [("mia",)]


def test_targets_of_their_own_go_before_those_of_the_pool(tmp_path):
    own = [{"first_touch_within": "4h", "on_breach": []}]
    folder = lived(made(tmp_path, own, sla=TARGET), "one", "c-1", [act("call", "11:00", "one", "ann")])
    assert steps(folder) == []
    assert told(folder, SLA) == [("ann", "kept", "ownership.sla/first_touch", "13:00", "met", "11:00")]


def test_kept_items_count_only_where_the_pool_says_so(tmp_path):
    folder = made(tmp_path, sla={**TARGET, "on_breach": []}, max_open=1)
    lived(folder, "one", "c-1")
    deliver(folder, "13:00", leads=[item("new", "12:30")])
    run_project(folder)
    assert steps(folder) == ["new assign ann at 12:30"]


OWN = {"owner_id": "dan"}
TEAM = [{"user_id": user, "is_active": "true", "manager_id": "mia"} for user in ("ann", "bob", "dan", "mia")]


def owned(folder, *, is_gone=False, history=(), **more):
    """A lead that comes with dan as its owner, or in whose history he stands; he is in no pool and may depart."""
    place = made(folder, **more)
    deliver(place, "00:01", users=TEAM)
    leads = [item("one", "09:00", **({} if history else OWN))]
    deliver(place, "12:00", leads=leads, **({"own": history} if history else {}))
    run_project(place)
    if is_gone:
        gone = [{**user, "is_active": str(user["user_id"] != "dan").lower()} for user in TEAM]
        deliver(place, "13:00", users=gone)
        deliver(place, "14:00", leads=[item("two", "13:30")])
        run_project(place)
    return place


def test_the_router_takes_no_item_from_the_owner_it_came_with(tmp_path):
    """As one that a person gave away: of a missed target the manager is told, and that is all."""
    folder = owned(tmp_path, sla=TARGET)
    assert steps(folder) == []
    assert told(folder, SLA) == [("dan", "kept", "main/first_touch", "10:00", "breached", None)]
    assert told(folder, "select recipient_id from ops.outbox") == [("mia",)]


def test_a_call_before_the_item_was_known_is_its_owners_first_touch(tmp_path):
    place = made(tmp_path, sla=TARGET)
    deliver(place, "00:01", users=TEAM)
    deliver(place, "12:00", leads=[item("one", "09:00", **OWN)], acts=[act("call", "09:20", "one", "dan")])
    run_project(place)
    assert told(place, SLA) == [("dan", "kept", "main/first_touch", "10:00", "met", "09:20")]


@pytest.mark.parametrize("is_timed", [True, False])
def test_it_goes_on_when_that_owner_departs(tmp_path, is_timed):
    """Touched or not, and whether or not its pool has targets: offered to the others, as any other open item."""
    folder = owned(tmp_path, is_gone=True, **({"sla": {**TARGET, "on_breach": []}} if is_timed else {}))
    assert [line.split()[:3] for line in steps(folder)] == [["one", "handover", "ann"], ["two", "assign", "bob"]]
    spans = told(folder, "select owner_id, cause from marts.fct_ownership where item_id = 'one' order by from_at")
    assert spans == [("dan", "kept"), ("ann", "reassigned")]


def test_of_a_history_with_later_owners_nothing_goes_on(tmp_path):
    more = {"object_type": "lead", "item_id": "one"}
    record = [
        {**more, "owner_id": "dan", "from_at": "2026-03-02T08:00:00Z"},
        {**more, "owner_id": "ann", "from_at": "2026-03-02T10:00:00Z"},
    ]
    place = project(
        tmp_path / "p", {"main": {"members": members("ann", "bob")}},
        ownership={"precedence": ["history", "item", "contact"]},
    )  # fmt: skip
    deliver(place, "00:01", users=TEAM)
    deliver(place, "12:00", leads=[item("one", "09:00")], own=record)
    run_project(place)
    gone = [{**user, "is_active": str(user["user_id"] != "dan").lower()} for user in TEAM]
    deliver(place, "13:00", users=gone)
    deliver(place, "14:00", leads=[item("two", "13:30")])
    run_project(place)
    assert [line.split()[:2] for line in steps(place)] == [["two", "assign"]]
    assert told(place, "select owner_id from marts.fct_items where item_id = 'one'") == [("ann",)]


def test_without_targets_for_what_persons_gave_it_has_none(tmp_path):
    place = project(
        tmp_path / "p", {"main": {"members": members("ann", "bob"), "sla": TARGET}}, updates={"manual_targets": "none"}
    )
    deliver(place, "00:01", users=TEAM)
    deliver(place, "12:00", leads=[item("one", "09:00", **OWN)])
    run_project(place)
    assert steps(place) == []
    assert told(place, SLA) == [("dan", "kept", None, None, None, None)]
