"""Closings that an item's own row tells: kept once, like those of activities, and made good where they were lost."""

import shutil

import duckdb
import pytest

from rr_pipeline.warehouse.sql_files import read_sql
from tests.e2e.lives import act, deliver, item, members, project, told, warehouse
from tests.e2e.projects import run_project

SLA = "select item_id, status, ended_at, cleared_at from marts.fct_sla where item_id <> 'next' order by item_id"
EVENTS = (
    "select item_id, kind, activity_id, occurred_at from marts.fct_item_events where kind = 'close' order by item_id"
)
BACKLOG = (
    "select coalesce(sum(backlog_count), 0) from marts.mart_backlog_daily "
    "where local_date = '2026-03-02' and member_id is not null"
)
ALL_CLOSED = [
    ("by_act", None, "10:00", "10:00"),
    ("by_row", None, "10:00", "10:00"),
    ("by_word", None, "10:00", "10:00"),
]


def closed_rows(at="1d 08:00"):
    """The rows that tell of two closings; delivered again, they tell nothing new."""
    row = item("by_row", "08:00", status="Solved", closed_at="2026-03-02T10:00:00Z")
    word = item("by_word", "08:05", status="Solved", updated_at="2026-03-02T10:00:00Z")
    return {"leads": [row, word]}, at


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """Three items with a target of eight hours, all closed after two; and a later item that moves the clock on."""
    pool = {"members": members("a", "b", "c"), "sla": {"first_touch_within": "8h"}}
    folder = project(tmp_path_factory.mktemp("closed") / "project", {"pool": pool})
    deliver(folder, "08:30", leads=[item("by_row", "08:00"), item("by_word", "08:05"), item("by_act", "08:10")])
    run_project(folder)
    deliver(folder, "10:00", **closed_rows()[0], acts=[act("status_change", "10:00", "by_act", outcome="Solved")])
    run_project(folder)
    return folder


@pytest.fixture
def folder(closed, tmp_path):
    return shutil.copytree(closed, tmp_path / "project")


def test_a_closing_told_by_a_row_counts_like_one_told_by_an_activity(folder):
    deliver(folder, "2d 08:00", leads=[item("next", "2d 07:00")])
    run_project(folder)
    assert told(folder, SLA) == ALL_CLOSED
    assert told(folder, BACKLOG) == [(0,)]
    assert [row[:2] + row[3:] for row in told(folder, EVENTS)] == [
        (name, "close", "10:00") for name in ("by_act", "by_row", "by_word")
    ]
    assert [row[2] is None for row in told(folder, EVENTS)] == [False, True, True]


def test_further_rows_of_a_closed_item_do_not_tell_of_it_again(folder):
    again, at = closed_rows()
    deliver(folder, at, **again)
    run_project(folder)
    deliver(folder, "1d 09:00", leads=[dict(row, priority="2") for row in again["leads"]])
    run_project(folder)
    assert len(told(folder, EVENTS)) == 3
    assert told(folder, "select event_count from ops.runs order by run_id") == [(0,), (3,), (0,)]
    assert told(folder, SLA) == ALL_CLOSED


def test_closings_that_an_earlier_version_lost_are_made_good(folder):
    """A warehouse of before has breached targets and a backlog where its items were closed long ago."""
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("delete from intermediate.int_item_activities where activity_id is null")
        con.execute("delete from marts.fct_item_events where activity_id is null")
        con.execute(
            "update marts.fct_sla set status = 'breached', ended_at = null, cleared_at = null, cleared_date = null "
            "where item_id in ('by_row', 'by_word')"
        )
        con.execute("update ops.layout set layout_version = 3")
    deliver(folder, "1d 10:00", leads=[item("next", "1d 09:00")])
    run_project(folder)
    assert told(folder, SLA) == ALL_CLOSED
    assert [row[0] for row in told(folder, EVENTS)] == ["by_act", "by_row", "by_word"]
    assert warehouse(folder, "from intermediate.int_waiting_closings") == []
    deliver(folder, "1d 11:00", leads=[item("later", "1d 10:30")])
    assert run_project(folder).exit_code == 0
    assert len(told(folder, EVENTS)) == 3


def test_a_touch_after_the_closing_is_none(tmp_path):
    pools = {"pool": {"members": members("a"), "sla": {"first_touch_within": "8h"}}}
    folder = project(tmp_path / "project", pools, updates={"arrives_closed": "decide"})
    leads = [
        item("one", "08:00", closed_at="2026-03-02T10:00:00Z"),
        item("two", "08:05", closed_at="2026-03-02T10:00:00Z"),
    ]
    acts = [act("call", "11:00", "one", "a"), act("call", "10:00", "two", "a")]
    deliver(folder, "1d 08:00", leads=[*leads, item("next", "1d 07:00")], acts=acts)
    run_project(folder)
    rows = told(
        folder, "select item_id, status, first_touch_at, cleared_at from marts.fct_sla order by item_id limit 3"
    )
    assert rows[1:] == [("one", None, None, "10:00"), ("two", "met", "10:00", "10:00")]


def test_no_condition_of_the_warehouse_forgets_a_row_because_a_column_is_missing():
    """What is joined by name must have the columns that conditions ask for."""
    assert "is_by_contact" in read_sql("intermediate", "int_closing_events").columns
