"""The checks that hold the tables against each other: silent on what runs left, loud on planted damage."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.run import STEPS, perform_all
from rr_pipeline.session.session import open_session
from rr_pipeline.warehouse.sql_files import read_sql
from tests.e2e.lives import act, deliver, item, members, project

CHECKS = ("closings_kept", "sla_agrees", "waits_agree", "run_summary", "owners_told")
SLA, WAITS = "update marts.fct_sla set", "update marts.fct_waits set"
OF = "where item_id = '{}'"
DAMAGE = {
    "a closing is lost": ("delete from intermediate.int_item_activities where activity_id is null", "closings_kept"),
    "a closed item has no end": (f"{SLA} ended_at = null {OF.format('row')}", "closings_kept"),
    "a closed item is in the backlog": (f"{SLA} cleared_at = null {OF.format('row')}", "closings_kept"),
    "a closed item waits in its queue": (f"{WAITS} until_at = null {OF.format('left')}", "closings_kept"),
    "a miss is called met": (f"{SLA} status = 'met' {OF.format('late')}", "sla_agrees"),
    "a miss is called running": (f"{SLA} status = 'running' {OF.format('late')}", "sla_agrees"),
    "a miss has no row": (f"delete from marts.fct_sla {OF.format('late')}", "sla_agrees"),
    "a breach is not known": (f"delete from marts.fct_breaches {OF.format('stays')}", "sla_agrees"),
    "a running clock is breached": (f"{SLA} status = 'breached' {OF.format('runs')}", "sla_agrees"),
    "a touch in time is called a miss": (
        f"{SLA} status = 'breached', first_touch_at = null {OF.format('met')}", "sla_agrees",
    ),
    "met without a touch": (f"{SLA} first_touch_at = null {OF.format('met')}", "sla_agrees"),
    "a queued item does not wait": (f"delete from marts.fct_waits {OF.format('kept')}", "waits_agree"),
    "a queued item waits elsewhere": (f"{WAITS} sent_to = 'desk' {OF.format('kept')}", "waits_agree"),
    "a held item does not wait": (f"{WAITS} until_at = from_at {OF.format('held')}", "waits_agree"),
    "an alert of what does not wait": (
        "update marts.fct_decisions set kind = 'failover' where kind = 'hold' and item_id = 'held'", "waits_agree",
    ),
    "an alert before its time": (
        "update marts.fct_decisions set due_at = decided_at + interval 1 second where kind = 'alert'", "waits_agree",
    ),
    "an owned item waits": (f"update marts.fct_items set outcome = 'held' {OF.format('met')}", "waits_agree"),
    "the summary counts too many events": ("update ops.runs set event_count = event_count + 1", "run_summary"),
    "the summary counts too few breaches": ("update ops.runs set breach_count = 0", "run_summary"),
    "the summary counts too few held": ("update ops.runs set held_count = 0", "run_summary"),
    "an owner is not told": (f"update marts.fct_decisions set told_at = null {OF.format('runs')}", "owners_told"),
    "an owner is told of no item": (f"update marts.fct_items set told_at = null {OF.format('runs')}", "owners_told"),
    "an owner of a clock is not told": (f"{SLA} told_at = null {OF.format('runs')}", "owners_told"),
    "the summary counts too few queued": ("update ops.runs set queued_count = 0", "run_summary"),
}  # fmt: skip


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    """The connection of a run that has written its tables and proved nothing yet, with its transaction open."""
    sla = {"first_touch_within": "1h", "on_breach": ["notify_manager"]}
    folder = project(
        tmp_path_factory.mktemp("agreement") / "project",
        {
            "main": {"members": members("a", "b"), "sla": sla},
            "review": {"members": members("x", **{"from": "2099-01-01"}), "when_nobody": "queue", "queue": "review"},
            "full": {"members": members("y", max_open=1), "while_waiting": [{"after": "10m", "do": "alert"}]},
        },
        queues=["review", "desk"],
        updates={"arrives_closed": "decide"},
        territories=[
            {"name": "q", "when": {"country": ["SE"]}, "pool": "review"},
            {"name": "h", "when": {"country": ["DK"]}, "pool": "full"},
        ],
    )  # fmt: skip
    leads = [
        item("row", "08:00", closed_at="2026-03-02T08:30:00Z"), item("late", "08:01"), item("stays", "08:02"),
        item("met", "08:03"), item("runs", "09:30"), item("kept", "08:00", country="SE"),
        item("left", "08:00", country="SE", closed_at="2026-03-02T08:30:00Z"), item("first", "08:00", country="DK"),
        item("held", "08:10", country="DK"),
    ]  # fmt: skip
    acts = [act("call", "08:10", "met", user) for user in "ab"]
    deliver(folder, "10:00", leads=leads, acts=acts)
    with open_session(load_project(folder)) as session:
        perform_all(session, STEPS[:-1])
        yield session.con


def found(con, check):
    return con.execute(f"select count(*) from ({read_sql('checks', check).statement})").fetchall()[0][0]


def test_nothing_is_found_in_what_a_run_wrote(con):
    kinds = con.execute("select distinct outcome from marts.fct_items").fetchall()
    assert {kind for (kind,) in kinds} >= {"assigned", "held", "queued"}
    assert {check: found(con, check) for check in CHECKS} == dict.fromkeys(CHECKS, 0)


@pytest.mark.parametrize("damage", DAMAGE)
def test_planted_damage_is_found(con, damage):
    change, check = DAMAGE[damage]
    tables = ("marts.fct_sla", "marts.fct_waits", "marts.fct_items", "marts.fct_breaches", "ops.runs",
              "marts.fct_decisions", "intermediate.int_item_activities")  # fmt: skip
    for table in tables:
        con.execute(f"create or replace temp table kept_{table.partition('.')[2]} as from {table}")
    try:
        assert con.execute(change).fetchall()[0][0] > 0
        assert found(con, check) > 0
    finally:
        for table in tables:
            con.execute(f"delete from {table}")
            con.execute(f"insert into {table} from kept_{table.partition('.')[2]}")
