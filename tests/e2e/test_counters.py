"""The counts of the state against history, in real runs: right ones are let through, falsified ones stop the run."""

import json
import shutil
from datetime import date

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import InvariantError
from rr_pipeline.maintenance.backups import back_up
from rr_pipeline.maintenance.restore import restore
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import act, deliver, item, live_through, members, project, steps, warehouse
from tests.e2e.projects import run_project, snapshot

USERS = [{"user": "a", "limits": {"daily": 9}}]
POOL = {"members": members("a", "b"), "limits": {"daily": 6, "weekly": 12}, "count_kept": True}


def leads(prefix, hour, count):
    return [item(f"{prefix}{n}", f"{hour}:{n + 10}") for n in range(count)]


@pytest.fixture(scope="module")
def begun(tmp_path_factory):
    """A run with tokens and limits of both kinds, and a delivery to come."""
    folder = project(tmp_path_factory.mktemp("counters") / "project", {"main": POOL}, users=USERS)
    (folder / "exceptions.csv").write_text("token_id,pool_id,member_id,kind\nt1,main,b,redo\nt2,main,a,skip\n")
    deliver(folder, "10:00", leads=leads("x", "09", 7))
    run_project(folder)
    deliver(folder, "12:00", leads=leads("y", "11", 3))
    return folder


FALSIFIED = {
    "day": ("update ops.router_state set day_count = day_count - 1 where member_id = 'b'", "COUNTERS"),
    "total": ("update ops.router_state set total_count = 0 where member_id = 'b'", "TOTALS_COUNTED"),
    "user": ("update ops.router_users set week_count = 99 where user_id = 'a'", "USER_COUNTERS"),
    "token": ("delete from ops.router_tokens where token_id = 't1'", "SPENT_TOKENS"),
    "history": ("update marts.fct_decisions set member_id = 'b' where member_id = 'a' and kind = 'assign'", "COUNTERS"),
}


@pytest.mark.parametrize("what", FALSIFIED)
def test_what_somebody_falsified_stops_the_next_run(begun, tmp_path, what):
    folder, (change, code) = shutil.copytree(begun, tmp_path / "project"), FALSIFIED[what]
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute(change)
    before = snapshot(folder / "warehouse.duckdb")
    with pytest.raises(InvariantError, match=f"code={code}"):
        run_project(folder)
    assert snapshot(folder / "warehouse.duckdb") == before


def test_in_order_the_next_run_goes_on(begun, tmp_path):
    assert run_project(shutil.copytree(begun, tmp_path / "project")).run_id == "run-000002"


def in_order(folder):
    return snapshot(folder / "warehouse.duckdb")["ops.router_state"], steps(folder)


@pytest.fixture(scope="module")
def unharmed(begun, tmp_path_factory):
    folder = shutil.copytree(begun, tmp_path_factory.mktemp("unharmed") / "project")
    run_project(folder)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("way", ["backfill", "restore"])
def test_the_way_out_that_the_message_names_leads_out(begun, unharmed, tmp_path, way):
    folder = shutil.copytree(begun, tmp_path / "project")
    loaded = load_project(folder)
    copy = back_up(loaded).path
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        for change, _ in FALSIFIED.values():
            con.execute(change)
    with pytest.raises(InvariantError, match=f"(?s)code=COUNTERS.*rr-pipeline {way}"):
        run_project(folder)
    if way == "backfill":
        assert backfill(loaded, date(2026, 3, 2)).decisions_after == 8
    else:
        restore(loaded, copy, force=True)
    run_project(folder)
    columns = "pool_id, member_id, balance, last_turn, day_count, week_count, total_count, next_turn"
    query = f"select {columns} from ops.router_state where run_id = (select max(run_id) from ops.runs) order by all"
    assert warehouse(folder, query) == warehouse(unharmed, query)
    assert steps(folder) == steps(unharmed)


@pytest.fixture(scope="module")
def turnless(tmp_path_factory):
    """A pool that only ever kept items and gave by redo, beside one that takes turns; in three runs."""
    shut = {"members": members("a"), "when_nobody": "hold", "limits": {"daily": 2}, "max_open": 3, "count_kept": True}
    pools = {"main": {"members": members("z")}, "quiet": shut, "away": {**shut, "members": members("b")}}
    places = [{"name": name, "pool": name, "when": {"country": [c]}} for name, c in (("quiet", "DE"), ("away", "FR"))]
    folder = project(tmp_path_factory.mktemp("turnless") / "project", pools, territories=places)
    (folder / "exceptions.csv").write_text("token_id,pool_id,member_id,kind\nt1,quiet,a,redo\nt2,away,b,redo\n")
    deliver(folder, "08:00", contacts=[{"contact_id": "c1", "owner_id": "a"}])
    deliver(folder, "10:00", leads=[
        item("k1", "09:00", country="DE", contact_id="c1"), item("r1", "09:10", country="DE"), item("m1", "09:20"),
    ])  # fmt: skip
    run_project(folder)
    deliver(folder, "12:00", leads=[item("m2", "11:00"), item("h1", "11:10", country="DE")])
    run_project(folder)
    deliver(
        folder, "1d 12:00", acts=[act("close", "1d 11:00", "r1", "a")], leads=[item("r2", "1d 11:00", country="FR")]
    )
    run_project(folder)
    return folder


def test_a_pool_without_a_turn_keeps_its_counts(turnless):
    assert steps(turnless) == [
        "r1 redo a at 09:10 in quiet", "m1 assign z at 09:20 in main", "m2 assign z at 11:00 in main",
        "h1 hold at 11:10 in quiet", "h1 assign a at 1d 00:00 in quiet", "r2 redo b at 1d 11:00 in away",
    ]  # fmt: skip
    found = warehouse(
        turnless, "select run_id, pool_id, member_id, next_turn, day_count, open_count, total_count "
        "from ops.router_state order by all",
    )  # fmt: skip
    assert found[:2] == [("run-000001", "main", "z", 1, 1, 1, 1), ("run-000001", "quiet", "a", 0, 2, 2, 2)]
    assert ("run-000003", "away", "b", 0, 1, 1, 1) in found


@pytest.mark.slow
def test_a_user_who_moves_to_another_time_zone_stops_no_run(tmp_path):
    """What was given in the old zone counted there: a day of the new one begins with what is given in it."""
    folder = project(tmp_path / "project", {"main": {"members": members("a"), "limits": {"daily": 3}}})
    deliver(folder, "19:00", users=[{"user_id": "a", "is_active": "true", "time_zone": "America/New_York"}])
    deliver(folder, "20:00", leads=leads("x", "19", 3))
    run_project(folder)
    deliver(folder, "22:00", users=[{"user_id": "a", "is_active": "true", "time_zone": "Asia/Tokyo"}])
    deliver(folder, "23:00", leads=leads("y", "22", 4))
    run_project(folder)
    deliver(folder, "1d 00:00", leads=leads("z", "23", 1))
    run_project(folder)
    assert [line.split(" at ")[0] for line in steps(folder)] == [
        "x0 assign a", "x1 assign a", "x2 assign a",
        "y0 assign a", "y1 assign a", "y2 assign a", "y3 hold", "z0 hold",
    ]  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False])
def test_a_limit_that_comes_later_counts_by_the_days_of_the_time(tmp_path, at_once):
    """In Tokyo, where a was then, x0 came on Tuesday. What is told of the zone afterwards changes nothing of that."""
    folder = project(tmp_path / "project", {"main": {"members": members("a")}})
    rules = {"version": "v2", "effective_from": "2026-03-03T08:00:00Z", "pools": {"main": {"members": members("a")}}}
    rules |= {"catch_all": "main", "users": [{"user": "a", "limits": {"daily": 2}}]}
    (folder / "policies" / "2.yaml").write_text(json.dumps(rules))
    deliveries = [
        ("10:00", {"users": [{"user_id": "a", "is_active": "true"}]}),
        ("12:00", {"users": [{"user_id": "a", "is_active": "true", "time_zone": "Asia/Tokyo"}]}),
        ("17:00", {"leads": leads("x", "16", 1)}),
        ("1d 07:00", {"users": [{"user_id": "a", "is_active": "true", "manager_id": "m"}]}),
        ("1d 10:00", {"leads": leads("y", "1d 09", 2)}),
    ]
    live_through(folder, deliveries, at_once=at_once)
    assert steps(folder)[:3] == [
        "x0 assign a at 16:10",
        "y0 assign a at 1d 09:10",
        "y1 hold at 1d 09:11",
    ]
