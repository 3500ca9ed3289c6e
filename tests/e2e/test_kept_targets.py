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
