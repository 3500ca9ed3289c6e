"""The counts of the state against history, in real runs: right ones are let through, falsified ones stop the run."""

import shutil

import duckdb
import pytest

from rr_pipeline.errors import InvariantError
from tests.e2e.lives import deliver, item, members, project, steps
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
