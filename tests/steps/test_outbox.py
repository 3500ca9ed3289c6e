"""What a run leaves in the outbox: given decisions, kept items and breaches -> expected messages."""

import json
from types import SimpleNamespace

import pytest

from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.session import Session
from rr_pipeline.steps import outbox_messages
from rr_pipeline.steps.managers import write_managers
from rr_pipeline.steps.outbox_messages import write_outbox
from tests.steps.given import START, at, give, open_given, taken

KINDS = ("assignment", "breach", "crm_owner_update", "task")
ITEM = {"source": "crm", "object_type": "lead", "created_at": START, "outcome": "assigned", "run_id": "run-000002"}
DECISION = {"source": "crm", "pool_id": "emea", "kind": "assign", "policy_version": "v1", "run_id": "run-000002"}


@pytest.fixture
def con():
    with open_given() as connection:
        yield connection


def items(con, *numbers, **more):
    for number in numbers:
        give(con, "marts.fct_items", {**ITEM, "item_seq": number, "item_id": f"L{number}", **more})


def decide(con, number, at_minutes, member=None, **more):
    key = f"d{number}-{at_minutes}-{member}"
    row = {**DECISION, "decision_id": key, "item_seq": number, "item_id": f"L{number}", "member_id": member}
    give(con, "marts.fct_decisions", {**row, "decided_at": at(at_minutes), **more})


def keep(con, number, owner, reason="account", **more):
    items(con, number, outcome="kept", outcome_reason=reason, owner_id=owner, assigned_at=at(0), **more)
    row = {"item_seq": number, "source": "crm", "item_id": f"L{number}", "decided_at": at(0)}
    give(con, "int_due_items", row)
    give(con, "int_routing", {"item_seq": number, "owner_id": owner, "outcome": "kept", "outcome_reason": reason})


def breach(con, number, at_minutes, member, **more):
    row = {
        "item_seq": number, "source": "crm", "item_id": f"L{number}", "pool_id": "emea", "member_id": member,
        "kind": "breach", "target": "first_touch", "due_at": at(at_minutes - 1), "decided_at": at(at_minutes),
        "is_notified": True, "outcome": "notified", "run_id": "run-000002",
    }  # fmt: skip
    give(con, "marts.fct_breaches", {**row, **more})


def manager(con, batch, user, manager_id):
    give(con, "int_user_versions", {"user_id": user, "manager_id": manager_id, "ingest_batch": batch, "row_number": 1})


def write(con, kinds=KINDS, run_id="run-000002"):
    project = SimpleNamespace(settings=SimpleNamespace(outbox=SimpleNamespace(messages=tuple(kinds))))
    session = Session(project, con, run_id, START, None, None, None)
    session.set_variables(run_id=run_id, last_item_seq=0)
    write_managers(con, People(), ())
    write_outbox(session)
    return messages(con)


def messages(con):
    return taken(con, "from ops.outbox")


def short(rows):
    return [(row["kind"], row["item_id"], row["recipient_id"]) for row in rows]


def test_an_owner_hears_of_every_item_it_is_given(con):
    items(con, 1, 2, 3, 4)
    decide(con, 1, 0, "ann")
    decide(con, 2, 1, "bob", kind="redo")
    decide(con, 3, 2, "bob", kind="reassign", cause="breach", previous_member_id="ann")
    decide(con, 4, 3, "ann", kind="keep")
    rows = write(con, ["assignment"])
    assert short(rows) == [("assignment", f"L{n}", who) for n, who in ((1, "ann"), (2, "bob"), (3, "bob"), (4, "ann"))]
    reasons = [json.loads(row["payload"])["reason"] for row in rows]
    assert reasons == ["rotation", "redo", "breach", "survivor"]
    assert [row["created_at"] for row in rows] == [at(n) for n in range(4)]


def test_steps_without_an_owner_say_nothing_to_anybody(con):
    items(con, 1, outcome="held")
    for minute, kind in enumerate(("hold", "failover", "skip", "withdraw")):
        decide(con, 1, minute, "ann" if kind == "skip" else None, kind=kind)
    assert write(con) == []


def test_the_crm_is_told_of_owners_it_does_not_have_and_of_queues(con):
    items(con, 1, 3)
    items(con, 2, delivered_owner_id="ann")
    items(con, 4, outcome="queued")
    decide(con, 1, 0, "ann")
    decide(con, 2, 1, "ann")
    decide(con, 3, 2, "bob", kind="reassign", cause="decline", previous_member_id="ann")
    decide(con, 4, 3, kind="queue", cause="nobody", sent_to="overflow")
    rows = write(con, ["crm_owner_update"])
    assert short(rows) == [("crm_owner_update", f"L{n}", who) for n, who in ((1, None), (3, None), (4, "overflow"))]
    told = [json.loads(row["payload"]) for row in rows]
    assert [(one["owner_id"], one["previous_owner_id"], one["queue_id"]) for one in told] == [
        ("ann", None, None), ("bob", "ann", None), (None, None, "overflow"),
    ]  # fmt: skip


def test_the_managers_of_the_members_hear_of_what_waits_and_of_what_is_queued(con):
    give(con, "ops.batches", {"ingest_batch": 1})
    for name, boss in (("ann", "mia"), ("bob", "mia"), ("cid", "max"), ("dan", None), ("eve", "eva")):
        manager(con, 1, name, boss)
    for pool, names in (("emea", ("ann", "bob", "cid", "dan")), ("late", ("dan",)), ("told", ("eve",))):
        give(
            con, "int_policy_pools", {"version": "v1", "pool_id": pool, "alert_to": "boss" if pool == "told" else None}
        )
        for name in names:
            give(con, "int_policy_members", {"version": "v1", "pool_id": pool, "member_id": name})
    items(con, 1, 2, 3, 4, outcome="held")
    decide(con, 1, 30, kind="alert", cause="waited", due_at=at(30))
    decide(con, 1, 60, kind="queue", cause="hold_expired", sent_to="late")
    decide(con, 2, 30, kind="alert", cause="waited", pool_id="late")
    decide(con, 3, 30, kind="alert", cause="waited", pool_id="told")
    decide(con, 4, 30, kind="raise", cause="waited")
    rows = write(con, ["held", "queued"])
    assert sorted(short(rows), key=str) == [
        ("held", "L1", "max"), ("held", "L1", "mia"), ("held", "L2", None), ("held", "L3", "boss"),
        ("queued", "L1", "max"), ("queued", "L1", "mia"),
    ]  # fmt: skip
    assert {row["due_at"] for row in rows} == {None}


def test_an_item_that_went_back_to_its_delivered_owner_is_told_to_the_crm_again(con):
    items(con, 1, delivered_owner_id="bob")
    decide(con, 1, 0, "ann")
    decide(con, 1, 9, "bob", kind="reassign", cause="breach", previous_member_id="ann")
    assert len(write(con, ["crm_owner_update"])) == 2


def test_kept_items_are_told_to_their_owner_and_to_a_crm_that_names_another(con):
    keep(con, 1, "ann")
    keep(con, 2, "ann", delivered_owner_id="ann")
    rows = write(con)
    assert short(rows) == [("assignment", "L1", "ann"), ("crm_owner_update", "L1", None), ("assignment", "L2", "ann")]
    assert {json.loads(row["payload"])["reason"] for row in rows} == {"account"}
    assert {(row["decision_id"], row["pool_id"]) for row in rows} == {(None, None)}


def test_a_kept_item_that_moved_on_in_the_same_run_is_told_of_both(con):
    keep(con, 1, "ann")
    con.execute("update marts.fct_items set outcome = 'assigned', owner_id = 'bob', assigned_at = $1", [at(9)])
    decide(con, 1, 9, "bob", kind="reassign", cause="decline", previous_member_id="ann")
    assert short(write(con, ["assignment"])) == [("assignment", "L1", "ann"), ("assignment", "L1", "bob")]


def test_an_item_kept_by_the_router_is_told_once(con):
    items(con, 1, outcome="kept", outcome_reason="survivor", owner_id="ann", assigned_at=at(0))
    decide(con, 1, 0, "ann", kind="keep")
    assert short(write(con)) == [("assignment", "L1", "ann"), ("crm_owner_update", "L1", None)]


def test_a_first_touch_is_a_task_where_a_clock_runs(con):
    items(con, 1, 2)
    decide(con, 1, 0, "ann", target="fast", due_at=at(30))
    decide(con, 2, 1, "ann")
    (row,) = write(con, ["task"])
    assert (row["item_id"], row["recipient_id"], row["due_at"]) == ("L1", "ann", at(30))
    assert json.loads(row["payload"])["due_at"] == "2026-03-02T09:30:00.000000Z"
    assert json.loads(row["payload"])["target"] == "fast"


def test_a_breach_goes_to_the_manager_of_that_time(con):
    for batch, effective in ((1, None), (2, at(20)), (3, at(60))):
        give(con, "ops.batches", {"ingest_batch": batch, "effective_at": effective})
    for batch, who in ((1, "mia"), (2, "max"), (3, None)):
        manager(con, batch, "ann", who)
    items(con, 1, 2, 3, 4)
    breach(con, 1, 10, "ann")
    breach(con, 2, 20, "ann", kind="decline", outcome="stayed")
    breach(con, 3, 60, "ann")
    breach(con, 4, 70, "bob")
    breach(con, 4, 80, "ann", is_notified=False, outcome="reassigned")
    rows = write(con, ["breach"])
    assert short(rows) == [
        ("breach", "L1", "mia"),
        ("breach", "L2", "max"),
        ("breach", "L3", None),
        ("breach", "L4", None),
    ]
    told = json.loads(rows[1]["payload"])
    assert (told["owner_id"], told["reason"], told["outcome"]) == ("ann", "decline", "stayed")


def test_only_the_kinds_asked_for_are_written_and_without_any_the_table_is_empty(con):
    items(con, 1)
    decide(con, 1, 0, "ann", due_at=at(30))
    breach(con, 1, 40, "ann")
    assert write(con, []) == []
    assert short(write(con, ["task", "breach"])) == [("task", "L1", "ann"), ("breach", "L1", None)]


def test_a_message_bears_the_same_id_whichever_run_writes_it(con):
    items(con, 1)
    decide(con, 1, 0, "ann", due_at=at(30))
    breach(con, 1, 40, "ann")
    first = write(con)
    con.execute("delete from ops.outbox")
    for table in ("fct_items", "fct_decisions", "fct_breaches"):
        con.execute(f"update marts.{table} set run_id = 'run-000009'")
    second = write(con, run_id="run-000009")
    assert [row["message_id"] for row in first] == [row["message_id"] for row in second]
    assert [row["payload"] for row in first] == [row["payload"] for row in second]
    assert len({row["message_id"] for row in first}) == len(first) == 4


def test_what_earlier_runs_did_is_not_told_again(con):
    items(con, 1)
    decide(con, 1, 0, "ann")
    assert len(write(con)) == 2
    assert write(con, run_id="run-000003") == messages(con)
    assert len(messages(con)) == 2


def test_a_payload_holds_ids_and_nothing_of_a_person(con):
    items(con, 1)
    decide(con, 1, 0, "ann", due_at=at(30), target="fast")
    payload = json.loads(write(con, ["assignment"])[0]["payload"])
    assert list(payload) == [
        "message_id", "kind", "recipient_id", "created_at", "source", "item_id", "object_type", "pool_id", "owner_id",
        "previous_owner_id", "queue_id", "reason", "outcome", "target", "due_at",
    ]  # fmt: skip
    assert payload["created_at"] == "2026-03-02T09:00:00.000000Z"


def test_messages_of_many_stretches_are_those_of_one(con, monkeypatch):
    items(con, *range(1, 10))
    for number in range(9):
        decide(con, number + 1, number // 3, "ann", due_at=at(30), target="fast")
    whole = write(con, ["assignment", "task"])
    con.execute("delete from ops.outbox")
    monkeypatch.setattr(outbox_messages, "EVENTS_AT_ONCE", 2)
    assert write(con, ["assignment", "task"]) == whole
    assert len(whole) == 18
