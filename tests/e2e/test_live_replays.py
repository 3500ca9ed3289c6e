"""Projects whose runs are of the instant at which they take place, decided again: what runs told and did stays so."""

import json
from datetime import date

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import act, clock, deliver, item, members, project, steps, told
from tests.e2e.projects import run_project

SLA = {"first_touch_within": "30m", "on_breach": ["notify_manager", {"at": "20m", "do": "reassign"}]}
TABLES = ("fct_items", "fct_decisions", "fct_breaches", "fct_ownership", "fct_sla")
DAY = date(2026, 3, 2)


@pytest.fixture
def live(tmp_path):
    """A live project of three members with limits, targets and activities."""
    pool = {"members": members("ann", "bob", "cid"), "max_open": 3, "capacity_until": "touched", "sla": SLA}
    folder = project(tmp_path / "project", {"main": pool})
    for name, before, after in (
        ("sources.yaml", "object_type: lead\n", "object_type: lead\n    decide: delivered\n"),
        ("project.yaml", "last_record", "now"),
    ):
        path = folder / name
        path.write_text(path.read_text().replace(before, after))
    return folder


def run(folder, at):
    run_project(folder, as_of=clock(at))


def answers(folder):
    """All rows of the facts, without the runs that wrote them."""
    return {
        name: sorted(map(repr, told(folder, f"select * exclude (run_id) from marts.{name}"))) for name in TABLES
    }  # fmt: skip


def lived(folder):
    """A day of hourly deliveries: breaches, moves, waits, touches told late, and a file that came after its run."""
    deliver(folder, "09:00", leads=[item(f"A{n}", f"08:{n}0") for n in range(1, 6)])
    run(folder, "09:05")
    deliver(folder, "10:00", acts=[act("call", "09:20", "A1", "ann"), act("call", "09:50", "A2", "bob")],
            leads=[item(f"B{n}", f"09:{n}0") for n in range(1, 5)])  # fmt: skip
    run(folder, "10:05")
    run(folder, "10:35")
    deliver(folder, "10:04", leads=[item("late", "10:01")])
    deliver(folder, "11:00", acts=[act("call", "10:20", "B1", "cid"), act("call", "10:50", "A3", "ann")],
            leads=[*(item(f"C{n}", f"10:5{n}") for n in range(1, 7)),
                   item("A4", "08:40", status="closed", updated_at=clock("10:40").isoformat())])  # fmt: skip
    run(folder, "11:05")
    deliver(folder, "12:00", acts=[act("call", "11:20", "C1", "bob"), act("call", "11:25", "B2", "ann")])
    run(folder, "12:05")
    deliver(folder, "13:00", acts=[act("call", "12:30", "B3", "bob")], leads=[item("D1", "12:40"), item("D2", "12:50")])
    run(folder, "13:05")
    run(folder, "15:05")


def test_a_restatement_without_a_cause_changes_nothing_of_what_runs_told_and_did(live):
    lived(live)
    before, taken = answers(live), steps(live)
    assert any("reassign" in line for line in taken)
    assert any("hold" in line for line in taken)
    done = backfill(load_project(live), DAY)
    assert steps(live) == taken
    assert answers(live) == before
    assert (done.superseded, done.items_changed, done.owners_changed) == (0, 0, 0)
    deliver(live, "16:00", acts=[act("call", "15:30", "D1", "bob")], leads=[item("E1", "15:40")])
    run(live, "16:05")
    before = answers(live)
    backfill(load_project(live), DAY)
    assert answers(live) == before


def test_an_empty_export_tells_that_nothing_happened_and_a_restatement_finds_the_same(live):
    deliver(live, "09:00", leads=[item("L1", "08:50")], acts=[])
    run(live, "09:05")
    deliver(live, "10:00", acts=[])
    run(live, "10:05")
    assert told(live, "select outcome, decided_at from marts.fct_breaches") == [
        ("notified", "10:05"), ("reassigned", "10:05")
    ]  # fmt: skip
    before = answers(live)
    backfill(load_project(live), DAY)
    assert answers(live) == before


def test_people_act_from_their_deliverys_close_on(live):
    everybody = [{"user_id": name, "is_active": "true"} for name in ("ann", "bob", "cid")]
    deliver(live, "09:00", leads=[item("L1", "08:50")], users=everybody)
    run(live, "09:05")
    deliver(live, "10:00", users=[{**everybody[0], "is_active": "false"}, *everybody[1:]])
    run(live, "10:05")
    assert steps(live)[1:] == ["L1 handover bob at 10:00 (departed) from ann"]
    before = answers(live)
    backfill(load_project(live), DAY)
    assert answers(live) == before


def test_a_touch_told_while_its_item_waits_meets_the_target(live):
    full = [item(f"A{n}", f"08:{n}0") for n in range(1, 6)] + [item(f"B{n}", f"08:0{n}") for n in range(1, 7)]
    deliver(live, "09:00", leads=full)
    run(live, "09:05")
    waits = sorted(line.split()[0] for line in steps(live) if "hold" in line)
    users = ("ann", "bob", "cid")
    deliver(live, "10:00", acts=[act("call", "09:20", waits[0], name) for name in users])
    run(live, "10:02")
    deliver(live, "11:00", acts=[act("call", "10:30", f"B{n}", name) for n in range(1, 7) for name in users])
    run(live, "11:05")
    deliver(live, "12:00", acts=[act("call", "11:30", "B1", "ann")])
    run(live, "12:05")
    deliver(live, "14:00", acts=[act("call", "11:40", "B2", "ann")])
    run(live, "14:05")
    owner, first = told(
        live, f"select owner_id, status from marts.fct_sla where item_id = '{waits[0]}' order by applied_at"
    )[0]
    assert owner in users
    assert first == "met"


def with_roster(folder, version, start, *names):
    """A version of the policy with a target of an hour and these members."""
    sla = {"first_touch_within": "1h", "on_breach": ["notify_manager", "reassign"]}
    policy = {"version": version, "effective_from": start, "catch_all": "main"}
    policy["pools"] = {"main": {"members": members(*names), "sla": sla}}
    (folder / "policies" / f"{version}.yaml").write_text(json.dumps(policy))


def test_whom_a_restatement_gives_an_item_anew_is_told_then_and_others_as_they_were(live):
    """Another roster from Monday on: who was told of an item keeps that instant, and alone the others get a message."""
    settings = live / "project.yaml"
    settings.write_text(settings.read_text() + "outbox: {messages: [assignment, crm_owner_update]}\n")
    with_roster(live, "v1", "2026-01-01", "ann", "bob", "cid")
    deliver(live, "10:00", leads=[item("L1", "09:10"), item("L2", "09:20")])
    run(live, "10:05")
    deliver(live, "11:00", acts=[act("call", "10:30", "L2", "bob")])
    run(live, "11:05")
    deliver(live, "12:00", acts=[act("call", "11:50", "none", "bob")])
    run(live, "12:05")
    deliver(live, "13:00", leads=[item("L3", "12:50")], acts=[act("call", "12:40", "L1", "cid")])
    run(live, "13:05")
    run(live, "1d 09:05")
    owners = "select item_id, owner_id, told_at from marts.fct_items order by all"
    assert told(live, owners) == [("L1", "cid", "12:05"), ("L2", "bob", "10:05"), ("L3", "bob", "13:05")]
    messages = told(live, "select message_id from ops.outbox order by all")
    with_roster(live, "v2", "2026-03-02", "cid", "bob")
    backfill(load_project(live), DAY)
    ((restated, is_later),) = told(live, "select restated_at, restated_at > '2026-03-03' from ops.restatements")
    assert is_later
    afterwards = [("L1", "cid", "12:05"), ("L2", "bob", "10:05"), ("L3", "cid", restated)]
    assert told(live, owners) == afterwards
    length = "epoch(due_at - told_at)"
    clocks = f"select item_id, owner_id, status, {length}, elapsed_seconds from marts.fct_sla order by all"
    assert told(live, clocks) == [
        ("L1", "cid", "met", 3600, 2100),
        ("L2", "bob", "met", 3600, 1500),
        ("L3", "cid", "running", 3600, None),
    ]
    sent = ", ".join(f"'{one}'" for (one,) in messages)
    news = f"select kind, item_id, recipient_id from ops.outbox where message_id not in ({sent}) order by all"
    assert told(live, news) == [("assignment", "L3", "cid"), ("crm_owner_update", "L3", None)]
    deliver(live, "1d 10:00", leads=[item("L3", "12:50", owner_id="bob", updated_at=clock("1d 09:50").isoformat())])
    run(live, "1d 10:05")
    assert told(live, owners) == afterwards
    before = answers(live)
    backfill(load_project(live), DAY)
    assert answers(live) == before
