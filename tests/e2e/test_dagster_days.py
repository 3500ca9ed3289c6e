"""Days as Dagster's partitions: finished ones are final, ranges are one run, and two runs never meet."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from datetime import timedelta

import pytest

from tests.e2e.projects import START, lead, policy, rows, run_project, write_leads, write_project

dg = pytest.importorskip("dagster")
warnings.simplefilter("ignore", dg.BetaWarning)

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
DAY = 24 * 60


def definitions(folder, monkeypatch):
    monkeypatch.setenv("RR_PROJECT", str(folder))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    from rr_pipeline import definitions

    return definitions.build(folder)


def execute(folder, monkeypatch, **options):
    job = definitions(folder, monkeypatch).resolve_job_def("rr_pipeline")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False, **options)


def failure(result):
    event = next(event for event in result.all_events if event.event_type_value == "STEP_FAILURE")
    return event.event_specific_data.error.message, event.event_specific_data.user_failure_data.metadata


def noted(result):
    (event,) = [
        event
        for event in result.all_events
        if event.event_type_value == "ASSET_MATERIALIZATION"
        and event.asset_key.to_user_string().startswith("published")
    ]
    return event.materialization.metadata["note"].value


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """Three days of leads, of which Dagster has decided all."""
    folder = write_project(tmp_path_factory.mktemp("days") / "project", policy([{"user": "a"}, {"user": "b"}]))
    for day in range(3):
        write_leads(folder, [lead(day * DAY + n) for n in range(1, 5)], f"leads_2026030{3 + day}T0000.csv")
    with pytest.MonkeyPatch.context() as patch:
        assert execute(folder, patch, partition_key="2026-03-04").success
    return folder


@pytest.fixture
def days(decided, tmp_path):
    """A copy of those, free to be changed."""
    return shutil.copytree(decided, tmp_path / "project")


def test_a_finished_day_with_nothing_changed_says_so_and_writes_nothing(days, monkeypatch):
    before = (days / "warehouse.duckdb").read_bytes()
    result = execute(days, monkeypatch, partition_key="2026-03-02")
    assert result.success
    assert noted(result).startswith("2026-03-02 is finished (everything up to 2026-03-0")
    assert noted(result).endswith("nothing has changed since: nothing to do")
    assert (days / "warehouse.duckdb").read_bytes() == before


def test_a_finished_day_with_new_files_is_refused_with_both_ways_on(days, monkeypatch):
    write_leads(days, [lead(9)], "leads_20260304T0600.csv")
    before = (days / "warehouse.duckdb").read_bytes()
    result = execute(days, monkeypatch, partition_key="2026-03-02")
    text, metadata = failure(result)
    assert "code=DAY_FINISHED: 2026-03-02 is finished" in text
    assert "1 files came that no run has seen (leads: 1)" in text
    assert "materialise 2026-03-04 or a later day" in text
    assert "rr-pipeline backfill --from 2026-03-02" in text
    assert 'rr_pipeline/restate: "true"' in text
    assert metadata["exit_code"].value == 2
    assert (days / "warehouse.duckdb").read_bytes() == before
    assert json.loads((days / "runs.log").read_text().splitlines()[-1])["exit_code"] == 2
    # The first way: the open day takes it up.
    assert execute(days, monkeypatch, partition_key="2026-03-04").success
    assert rows(days, "select outcome from marts.fct_items where item_id = 'L00009'") == [("assigned",)]


def test_a_finished_day_under_another_policy_is_refused_by_name(days, monkeypatch):
    changed = policy([{"user": "a"}, {"user": "b", "weight": 2}])
    (days / "policies" / "v1.yaml").write_text(json.dumps(changed))
    text, _ = failure(execute(days, monkeypatch, partition_key="2026-03-02"))
    assert "code=DAY_FINISHED" in text
    assert "code=POLICY_CHANGED: v1: has taken decisions; it, or the time_zone of the project, reads otherwise" in text
    assert "rr-pipeline backfill --from 2026-01-01" in text


def test_the_tag_decides_finished_days_again(days, monkeypatch):
    pytest.importorskip("rr_pipeline.runs.backfill")
    write_leads(days, [lead(9)], "leads_20260304T0600.csv")
    assert execute(days, monkeypatch, partition_key="2026-03-04").success
    changed = policy([{"user": "b"}])
    (days / "policies" / "v1.yaml").write_text(json.dumps(changed))
    result = execute(days, monkeypatch, partition_key="2026-03-02", tags={"rr_pipeline/restate": "true"})
    assert result.success
    assert noted(result).startswith("decided again from 2026-03-02")
    assert rows(days, "select distinct owner_id from marts.fct_items") == [("b",)]


@pytest.mark.slow
def test_a_range_of_thirty_days_is_one_run_and_the_same_tables(tmp_path, monkeypatch):
    for name in ("one", "other"):
        folder = write_project(tmp_path / name, policy([{"user": "a"}, {"user": "b", "weight": 2}]))
        for day in range(30):
            leads = [lead(day * DAY + n) for n in range(1, 4)]
            write_leads(folder, leads, f"leads_{START + timedelta(days=day + 1):%Y%m%d}T0000.csv")
    run_project(tmp_path / "one")
    days = {RANGE_START: f"{START:%Y-%m-%d}", RANGE_END: f"{START + timedelta(days=29):%Y-%m-%d}"}
    assert execute(tmp_path / "other", monkeypatch, tags=days).success
    query = "select item_id, owner_id, assigned_at from marts.fct_items order by item_seq"
    assert rows(tmp_path / "other", query) == rows(tmp_path / "one", query)
    assert rows(tmp_path / "other", "select count(*) from marts.fct_items") == [(90,)]
    assert rows(tmp_path / "other", "select count(*) from ops.runs") == [(1,)]


PROCESS = """
import sys, time
from dataclasses import replace
from pathlib import Path
import dagster as dg
from rr_pipeline.orchestration import resources
from rr_pipeline.definitions import build

folder, day, waits = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "wait"

def wait(session, found):
    (folder.parent / "waiting").touch()
    while not (folder.parent / "go").exists():
        time.sleep(0.05)
    return original(session, found)

if waits:
    original = next(step.perform for step in resources.STEPS if step.name == "router")
    resources.STEPS = tuple(
        replace(step, perform=wait) if step.name == "router" else step for step in resources.STEPS
    )
with dg.DagsterInstance.ephemeral() as instance:
    result = build(folder).resolve_job_def("rr_pipeline").execute_in_process(
        instance=instance, raise_on_error=False, partition_key=day)
for event in result.all_events:
    if event.event_type_value == "STEP_FAILURE":
        data = event.event_specific_data
        print(data.error.message)
        print({name: value.value for name, value in data.user_failure_data.metadata.items()})
sys.exit(0 if result.success else 1)
"""


def process(folder, day, waits=False):
    command = [sys.executable, "-W", "ignore", "-c", PROCESS, str(folder), day, "wait" if waits else "go"]
    environment = {**os.environ, "RR_PROJECT": str(folder), "DAGSTER_DISABLE_TELEMETRY": "1"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def until_there(path, started):
    while not path.exists():
        assert started.poll() is None, started.stderr.read()
        time.sleep(0.05)


def small(tmp_path, name):
    folder = write_project(tmp_path / name / "project", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(folder, [lead(n) for n in range(1, 9)], "leads_20260303T0000.csv")
    return folder


@pytest.mark.slow
def test_two_dagster_processes_at_once_one_runs_the_other_names_it(tmp_path):
    folder, undisturbed = small(tmp_path, "two"), small(tmp_path, "one")
    first = process(folder, "2026-03-02", waits=True)
    until_there(folder.parent / "waiting", first)
    second = process(folder, "2026-03-02")
    said, _ = second.communicate(timeout=120)
    assert second.returncode == 1
    assert f"is in use by process {first.pid} (dagster)" in said
    assert "'exit_code': 73" in said
    (folder.parent / "go").touch()
    _, wrong = first.communicate(timeout=120)
    assert first.returncode == 0, wrong
    run_project(undisturbed, until=None)
    assert rows(folder, "from marts.fct_items") == rows(undisturbed, "from marts.fct_items")
    assert [json.loads(line)["exit_code"] for line in (folder / "runs.log").read_text().splitlines()] == [73, 0]


@pytest.mark.slow
def test_a_dagster_run_told_to_stop_rolls_back_within_seconds(tmp_path):
    folder = small(tmp_path, "stopped")
    started = process(folder, "2026-03-02", waits=True)
    until_there(folder.parent / "waiting", started)
    told_at = time.monotonic()
    started.send_signal(signal.SIGTERM)
    _, wrong = started.communicate(timeout=60)
    assert time.monotonic() - told_at < 5, wrong
    assert started.returncode != 0
    left = {path.name for path in folder.iterdir()}
    assert left == {"landing", "policies", "project.yaml", "sources.yaml", "runs.log", ".rr_pipeline.lock"}
    assert json.loads((folder / "runs.log").read_text().splitlines()[-1])["exit_code"] == 143
    run_project(folder)
    assert rows(folder, "select count(*) from marts.fct_items where outcome = 'assigned'") == [(8,)]
