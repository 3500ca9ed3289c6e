"""Deciding the past again: nothing changes without a cause, and with one all is as if it had always been so."""

import json
import shutil
from datetime import date

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import warehouse
from tests.e2e.projects import rows, run_project, snapshot
from tests.e2e.test_cuts import MORE, POOLS, answers, run_in_cuts, write
from tests.effort import IS_LONG

DAY = date(2026, 3, 3)
EACH = range(1, 7) if IS_LONG else (2, 4)


def restate(folder, day=DAY):
    return backfill(load_project(folder), day)


def add_version(folder, begins="2026-03-03", **changes):
    """A second version, in which the rotation of the main pool is another one."""
    members = [{"user": "a"}, {"user": "b", "weight": 4}, {"user": "f", "skills": ["french"]}]
    pools = {**POOLS, "main": {**POOLS["main"], "members": members, **changes}}
    policy = {"version": "v2", "effective_from": begins, "pools": pools, "catch_all": "main", **MORE}
    (folder / "policies" / "v2.yaml").write_text(json.dumps(policy))


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A project that has run after every delivery, or now and then."""
    whole = tmp_path_factory.mktemp("lived") / "whole"
    write(whole, 11)
    folder = whole.with_name("cuts")
    run_in_cuts(whole, folder, EACH)
    return whole, folder


@pytest.fixture
def folder(lived, tmp_path):
    return shutil.copytree(lived[1], tmp_path / "project")


@pytest.mark.parametrize(
    "day", [DAY, *(pytest.param(day, marks=pytest.mark.slow) for day in (date(2020, 1, 1), date(2026, 3, 5)))]
)
def test_without_a_cause_nothing_changes(folder, day):
    before = answers(folder)
    done = restate(folder, day)
    assert (done.superseded, done.items_changed, done.owners_changed) == (0, 0, 0)
    assert done.decisions_before == done.decisions_after
    assert answers(folder) == before
    assert rows(folder, "select count(*) from ops.superseded_decisions") == [(0,)]
    assert rows(folder, "select from_date, superseded_count from ops.restatements") == [(day, 0)]


def test_a_version_in_the_past_decides_as_if_it_had_always_been_there(lived, folder, tmp_path):
    add_version(folder)
    with pytest.raises(RefusedError, match="POLICY_IN_PAST"):
        run_project(folder)
    before = warehouse(folder, "select * exclude (run_id) from marts.fct_decisions order by decision_seq")
    done = restate(folder)
    fresh = shutil.copytree(lived[0], tmp_path / "fresh")
    add_version(fresh)
    run_project(fresh)
    assert answers(folder) == answers(fresh)
    now = warehouse(folder, "select * exclude (run_id) from marts.fct_decisions order by decision_seq")
    earlier = warehouse(folder, "select count(*) from marts.fct_decisions where decided_at < '2026-03-03T00:00:00Z'")
    assert before[: earlier[0][0]] == now[: earlier[0][0]]
    gone = {row[0] for row in before} - {row[0] for row in now}
    assert done.superseded == len(gone) > 0
    assert done.decisions_after - (done.decisions_before - done.superseded) == len(
        {row[0] for row in now} - {row[0] for row in before}
    )
    assert {row[0] for row in rows(folder, "select decision_id from ops.superseded_decisions")} == gone
    assert done.owners_changed > 0


@pytest.mark.slow
def test_after_a_restatement_runs_go_on(lived, folder, tmp_path):
    names = sorted(path.name for path in (lived[0] / "landing").iterdir())
    last = max(name.rpartition("_")[2] for name in names)
    shutil.rmtree(folder)
    run_in_cuts(lived[0], folder, range(1, 6), last=6)
    add_version(folder)
    restate(folder)
    for name in names:
        if name.endswith(last):
            shutil.copy2(lived[0] / "landing" / name, folder / "landing" / name)
    run_project(folder)
    fresh = shutil.copytree(lived[0], tmp_path / "fresh")
    add_version(fresh)
    run_project(fresh)
    assert answers(folder) == answers(fresh)


def test_what_was_in_force_before_the_day_must_read_as_it_did(folder):
    path = folder / "policies" / "v1.yaml"
    policy = json.loads(path.read_text())
    policy["pools"]["main"]["members"][0]["weight"] = 1
    path.write_text(json.dumps(policy))
    before = snapshot(folder / "warehouse.duckdb")
    with pytest.raises(RefusedError, match="POLICY_CHANGED") as refusal:
        restate(folder)
    assert "restate from 2026-03-02" in str(refusal.value)
    assert snapshot(folder / "warehouse.duckdb") == before
    assert restate(folder, date(2026, 3, 2)).superseded > 0


def test_a_version_that_took_decisions_and_is_gone_is_missed(folder):
    path = folder / "policies" / "v1.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), "version": "renamed"}))
    before = snapshot(folder / "warehouse.duckdb")
    with pytest.raises(RefusedError, match=r"code=POLICY_GONE: v1: .*put its file back"):
        run_project(folder)
    assert snapshot(folder / "warehouse.duckdb") == before


def test_a_version_before_the_day_is_refused(folder):
    add_version(folder, begins="2026-03-02T12:00:00Z")
    with pytest.raises(RefusedError, match="POLICY_IN_PAST"):
        restate(folder)


def test_days_that_are_not_decided_are_refused(folder, tmp_path):
    with pytest.raises(RefusedError, match="FROM_IN_FUTURE"):
        restate(folder, date(2026, 3, 9))
    write(tmp_path / "new", 1)
    with pytest.raises(RefusedError, match="NOTHING_DECIDED"):
        restate(tmp_path / "new")
    assert not (tmp_path / "new" / "warehouse.duckdb").exists()


@pytest.mark.slow
def test_only_what_still_matters_is_told(lived, tmp_path):
    whole = shutil.copytree(lived[0], tmp_path / "whole")
    with (whole / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment, breach, crm_owner_update, task]}\n")
    folder = tmp_path / "project"
    run_in_cuts(whole, folder, EACH)
    outbox = "select message_id, kind, item_id, recipient_id from ops.outbox"
    before = {row[0]: row for row in rows(folder, outbox)}
    add_version(folder)
    restate(folder)
    after = {row[0]: row for row in rows(folder, outbox)}
    fresh = [after[key] for key in after.keys() - before.keys()]
    owners = dict(rows(folder, "select item_id, owner_id from marts.fct_items where item_seq is not null"))
    assert fresh
    assert all(kind in {"assignment", "crm_owner_update", "task"} for _, kind, _, _ in fresh)
    assert all(owner == owners[item] for _, kind, item, owner in fresh if kind != "crm_owner_update")
