"""Runs as their users see them: repeated, interrupted, cut into pieces, with nothing to do."""

import csv
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta

import pytest

from rr_pipeline.errors import Exit, LockedError, RefusedError
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.lock import project_lock
from rr_pipeline.runs.run import STEPS
from tests.e2e.projects import (
    START,
    lead,
    policy,
    rows,
    run_project,
    snapshot,
    write_leads,
    write_project,
)
from tests.effort import IS_LONG

ITEMS = 3000 if IS_LONG else 1200
# Stored compressed sizes and write-ahead logs differ; tables may not. Run numbers differ where the cuts do.
RUN_TABLES = {"ops.runs", "ops.quality_results", "ops.quality_codes", "ops.router_state", "ops.fair_shares"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo") / "project"
    write_demo(folder, ITEMS, 7, 6)
    return folder


@pytest.fixture(scope="module")
def demo_done(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("done") / "project"
    shutil.copytree(demo, folder)
    report = run_project(folder)
    return folder, report


def tables(folder):
    return snapshot(folder / "warehouse.duckdb")


def test_demo_ends_in_every_way_and_adds_up(demo_done):
    folder, report = demo_done
    assert report.exit_code == Exit.DONE
    for feed in report.feeds:
        assert feed.rows == sum(feed.outcomes.values()) + feed.repeated + feed.waiting
    outcomes = dict(rows(folder, "select outcome, count(*) from marts.fct_items group by all"))
    assert set(outcomes) >= {"assigned", "kept", "duplicate", "disqualified", "quarantined"}
    assert sum(feed.rows for feed in report.feeds) == ITEMS
    assert outcomes["assigned"] > ITEMS // 2


def test_published_copy_is_the_warehouse_without_personal_data(demo_done):
    folder, _ = demo_done
    copy, stored = snapshot(folder / "published" / "routing.duckdb"), tables(folder)
    warehouse = {name: table for name, table in stored.items() if name.startswith(("marts.", "ops."))}
    assert copy.keys() == warehouse.keys()
    for name, table in warehouse.items():
        # What may be a person's is masked; every other cell is the warehouse's, row for row.
        is_same = [pair for row in zip(table, copy[name], strict=True) for pair in zip(*row, strict=True)]
        assert all(ours == theirs or _is_masked(theirs) for ours, theirs in is_same), name
    emails = {row[0] for row in rows_of(folder, "select distinct email from staging.stg_items where email is not null")}
    assert len(emails) > ITEMS // 6
    texts = {cell for table in copy.values() for row in table for cell in row if isinstance(cell, str) and "@" in cell}
    assert not texts & emails


def _is_masked(cell):
    return isinstance(cell, str) and "hash:" in cell


def rows_of(folder, query):
    import duckdb

    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


@pytest.mark.slow
def test_the_same_project_twice_gives_equal_tables(demo, demo_done, tmp_path):
    shutil.copytree(demo, tmp_path / "other")
    run_project(tmp_path / "other")
    assert tables(tmp_path / "other") == tables(demo_done[0])


def test_order_of_rows_and_names_of_files_change_nothing(tmp_path):
    deliveries = [
        ("leads_20260302T1000.csv", [lead(n) for n in range(40)]),
        ("leads_20260302T1200.csv", [lead(n) for n in range(35, 90)]),
    ]
    plain = write_project(tmp_path / "plain", policy([{"user": "a"}, {"user": "b", "weight": 2}]))
    mixed = write_project(tmp_path / "mixed", policy([{"user": "a"}, {"user": "b", "weight": 2}]))
    for name, leads in deliveries:
        write_leads(plain, leads, name)
        write_leads(mixed, random.Random(3).sample(leads, len(leads)), name)
    run_project(plain)
    run_project(mixed)
    query = "select item_id, item_seq, outcome, owner_id, person_id from marts.fct_items order by item_seq"
    assert rows(plain, query) == rows(mixed, query)
    assert rows(
        plain, "select decision_id, member_id, turn, balance_after from marts.fct_decisions order by ALL"
    ) == rows(mixed, "select decision_id, member_id, turn, balance_after from marts.fct_decisions order by ALL")


@pytest.mark.slow
def test_a_run_a_delivery_is_one_run(demo, demo_done, tmp_path):
    folder = tmp_path / "pieces"
    shutil.copytree(demo, folder)
    files = sorted((folder / "landing").iterdir(), key=lambda path: path.stem.rsplit("_", 1)[-1])
    waiting = tmp_path / "waiting"
    (folder / "landing").rename(waiting)
    (folder / "landing").mkdir()
    instants = sorted({path.stem.rsplit("_", 1)[-1] for path in files})
    assert len(instants) > 3
    for instant in instants:
        for path in waiting.glob(f"*_{instant}.*"):
            shutil.copy(path, folder / "landing" / path.name)
        run_project(folder)
    for table, columns in {
        "marts.fct_decisions": "* exclude (run_id)",
        "marts.fct_items": "* exclude (run_id, file_id)",
        "marts.fct_ownership": "* exclude (run_id)",
        "marts.fct_sla": "* exclude (run_id)",
        "marts.fct_waits": "* exclude (run_id)",
        "marts.dim_days": "*",
        "marts.mart_sla_daily": "*",
        "marts.mart_backlog_daily": "*",
        "marts.fct_considered": "*",
        "marts.mart_fairness": "*",
        "ops.router_holds": "* exclude (since_us)",
    }.items():
        query = f"select {columns} from {table} order by all"
        assert rows(folder, query) == rows(demo_done[0], query), table


def test_a_second_run_finds_nothing_and_writes_nothing(demo_done):
    folder, _ = demo_done
    files = [folder / "warehouse.duckdb", folder / "published" / "routing.duckdb"]
    before = [path.read_bytes() for path in files]
    report = run_project(folder)
    assert report.run_id is None
    assert report.exit_code == Exit.DONE
    assert "nothing new" in report.message
    assert [path.read_bytes() for path in files] == before


def test_no_files_is_said_and_leaves_nothing(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    report = run_project(folder)
    assert report.exit_code == Exit.DONE
    assert "nothing to do" in report.message
    assert sorted(path.name for path in folder.iterdir() if path.name != ".rr_pipeline.lock") == [
        "landing", "policies", "project.yaml", "runs.log", "sources.yaml",
    ]  # fmt: skip


def test_a_run_at_the_same_time_is_told_who_holds_the_project(demo):
    with project_lock(demo, "rr-pipeline run"), pytest.raises(LockedError, match=f"process {os.getpid()}"):
        run_project(demo)


def test_held_items_are_taken_up_the_instant_somebody_is_eligible(tmp_path):
    members = [{"user": "a"}, {"user": "b"}]
    folder = write_project(tmp_path / "project", policy(members, limits={"hourly": 2}))
    write_leads(folder, [lead(n) for n in range(1, 6)], "leads_20260302T0930.csv")
    assert run_project(folder).held_total == 1
    held = rows(folder, "select item_id, owner_id, outcome_reason from marts.fct_items where outcome = 'held'")
    assert held == [("L00005", None, "nobody_eligible")]
    write_leads(folder, [lead(6, at=START + timedelta(hours=2))], "leads_20260302T1130.csv")
    assert run_project(folder).held_total == 0
    taken = rows(folder, "select owner_id, assigned_at, outcome from marts.fct_items where item_id = 'L00005'")
    # b was owed half a turn: the fourth item came when only b had room, and was charged to nobody else.
    assert taken == [("b", START + timedelta(hours=1), "assigned")]
    kinds = rows(folder, "select kind from marts.fct_decisions where item_id = 'L00005' order by decision_seq")
    assert kinds == [("hold",), ("assign",)]


def test_further_rows_of_an_item_are_counted_and_decide_nothing(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    write_leads(folder, [lead(1), lead(1), lead(1, Name="Newer"), lead(2)], "leads_20260302T1000.csv")
    report = run_project(folder)
    assert (report.feeds[0].rows, report.feeds[0].repeated, report.feeds[0].outcomes["assigned"]) == (4, 2, 2)
    write_leads(folder, [lead(1, Name="Newest"), lead(3)], "leads_20260302T1100.csv")
    report = run_project(folder)
    assert (report.feeds[0].rows, report.feeds[0].repeated, report.feeds[0].outcomes["assigned"]) == (2, 1, 1)


def test_items_after_until_wait_for_a_later_run(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(folder, [lead(n) for n in range(1, 11)], "leads_20260302T1000.csv")
    report = run_project(folder, until=START + timedelta(minutes=4))
    assert (report.feeds[0].outcomes["assigned"], report.feeds[0].waiting) == (4, 6)
    report = run_project(folder)
    assert report.run_id == "run-000002"
    whole = write_project(tmp_path / "whole", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(whole, [lead(n) for n in range(1, 11)], "leads_20260302T1000.csv")
    run_project(whole)
    query = "select item_id, owner_id, assigned_at from marts.fct_items order by item_seq"
    assert rows(folder, query) == rows(whole, query)


def test_an_instant_before_the_frontier_is_refused(demo_done):
    folder, report = demo_done
    with pytest.raises(RefusedError, match="AS_OF_IN_PAST"):
        run_project(folder, as_of=report.frontier - timedelta(days=1))


KILLER = """
import os, signal, sys
from pathlib import Path
from rr_pipeline.config import load_project
from rr_pipeline.runs import run as module
from rr_pipeline.session.session import Session

def die(*_args, **_options):
    os.kill(os.getpid(), signal.SIGKILL)

where = sys.argv[2]
if where == "before-commit":
    Session.commit = die
elif where == "before-publish":
    module.publish = die
else:
    from dataclasses import replace
    perform_all = module.perform_all
    steps = tuple(replace(step, perform=die) if step.name == where else step for step in module.STEPS)
    module.perform_all = lambda session: perform_all(session, steps)
module.run(load_project(Path(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "where",
    [*(pytest.param(one, marks=pytest.mark.slow) for one in ("quality", "router", "before-commit")), "before-publish"],
)
def test_a_killed_run_is_made_good_by_the_next(demo, demo_done, tmp_path, where):
    check_kill(demo, demo_done, tmp_path, where)


@pytest.mark.slow
@pytest.mark.parametrize("where", [step.name for step in STEPS])
def test_a_run_killed_in_any_step_is_made_good_by_the_next(demo, demo_done, tmp_path, where):
    check_kill(demo, demo_done, tmp_path, where)


def check_kill(demo, demo_done, tmp_path, where):
    folder = tmp_path / "project"
    shutil.copytree(demo, folder)
    killed = subprocess.run([sys.executable, "-c", KILLER, str(folder), where], check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not (folder / "published" / "routing.duckdb").exists()
    run_project(folder)
    assert tables(folder) == tables(demo_done[0])
    assert snapshot(folder / "published" / "routing.duckdb") == snapshot(demo_done[0] / "published" / "routing.duckdb")
    # Sums and marks of files are kept once the files are old enough to be trusted.
    left = {path.name for path in folder.iterdir()} - {path.name for path in demo_done[0].iterdir()}
    assert left <= {".rr_sums.json", ".rr_idle.json", ".rr_left.json"}


def test_tables_are_the_same_whatever_the_machine_says(demo, demo_done, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(demo, folder)
    settings = (folder / "project.yaml").read_text()
    assert settings.count("\nengine:\n") == 1
    (folder / "project.yaml").write_text(settings.replace("\nengine:\n", "\nengine:\n  threads: 1\n"))
    command = "from pathlib import Path; import sys; from rr_pipeline.config import load_project; "
    command += "from rr_pipeline.runs.run import run; run(load_project(Path(sys.argv[1])))"
    environment = {**os.environ, "TZ": "Pacific/Apia", "PYTHONHASHSEED": "77", "LC_ALL": "C"}
    subprocess.run([sys.executable, "-c", command, str(folder)], check=True, env=environment)
    assert tables(folder) == tables(demo_done[0])


def test_owners_in_the_data_agree_with_a_recount_of_the_csv(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a", "weight": 3}, {"user": "b"}]))
    write_leads(folder, [lead(n) for n in range(1, 41)], "leads_20260302T1000.csv")
    run_project(folder)
    with (folder / "landing" / "leads_20260302T1000.csv").open() as file:
        ids = {row["Id"] for row in csv.DictReader(file)}
    owners = rows(folder, "select item_id, owner_id from marts.fct_items")
    assert {item for item, _ in owners} == ids
    assert Counter(owner for _, owner in owners) == {"a": 30, "b": 10}
