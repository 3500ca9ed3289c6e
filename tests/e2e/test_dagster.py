"""Runs through Dagster: the same tables as the command line, blocked where they must be, one writer."""

import json
import shutil
import warnings

import pytest

from tests.e2e.projects import lead, policy, rows, snapshot, write_leads, write_project

dg = pytest.importorskip("dagster")
warnings.simplefilter("ignore", dg.BetaWarning)


def definitions(folder, monkeypatch):
    monkeypatch.setenv("RR_PROJECT", str(folder))
    from rr_pipeline import definitions

    return definitions.build(folder)


@pytest.fixture(autouse=True)
def no_project(tmp_path, monkeypatch):
    # The module builds its own definitions when it is imported, as Dagster wants it.
    folder = write_project(tmp_path / "imported", policy([{"user": "a"}]))
    monkeypatch.setenv("RR_PROJECT", str(folder))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")


def execute(folder, monkeypatch, **options):
    job = definitions(folder, monkeypatch).resolve_job_def("rr_pipeline")
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=False, **options)


def made(result):
    return of_kind(result, "ASSET_MATERIALIZATION")


def of_kind(result, kind):
    return [event for event in result.all_events if event.event_type_value == kind]


def test_dagster_and_the_command_line_give_the_same_tables(small_demo, small_demo_done, tmp_path, monkeypatch):
    one, other = small_demo_done, shutil.copytree(small_demo, tmp_path / "other")
    result = execute(other, monkeypatch, partition_key="2026-07-01")
    assert result.success
    assert snapshot(other / "warehouse.duckdb") == snapshot(one / "warehouse.duckdb")
    assert snapshot(other / "published" / "routing.duckdb") == snapshot(one / "published" / "routing.duckdb")
    assert rows(one, "select count(*) - count(distinct message_id) from ops.outbox") == [(0,)]
    # What Dagster shows is what is in the database.
    shown = {event.asset_key.to_user_string(): event.materialization.metadata for event in made(result)}
    assert len(shown) == 47
    for table in ("marts/fct_items", "marts/fct_decisions", "ops/outbox", "marts/mart_fairness"):
        counted = rows(one, f"select count(*) from {table.replace('/', '.')}")
        assert [(shown[table]["dagster/row_count"].value,)] == counted
    checks = result.get_asset_check_evaluations()
    assert {check.check_name for check in checks} >= {"expectations", "conservation", "limits", "balances"}


def test_a_partition_decides_its_day_and_no_later_one(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]))
    days = [lead(n) for n in range(1, 5)] + [lead(n + 24 * 60) for n in range(5, 9)]
    write_leads(folder, days, "leads_20260304T0000.csv")
    assert execute(folder, monkeypatch, partition_key="2026-03-02").success
    assert rows(folder, "select count(*) from marts.fct_items") == [(4,)]
    assert execute(folder, monkeypatch, partition_key="2026-03-03").success
    assert rows(folder, "select count(*), count(owner_id) from marts.fct_items") == [(8, 8)]
    before = (folder / "warehouse.duckdb").read_bytes()
    assert execute(folder, monkeypatch, partition_key="2026-03-02").success
    assert (folder / "warehouse.duckdb").read_bytes() == before


def test_a_failing_suite_stops_what_follows_and_leaves_nothing(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    write_leads(folder, [lead(n, Created="yesterday") for n in range(150)], "leads_20260304T0000.csv")
    result = execute(folder, monkeypatch, partition_key="2026-03-04")
    assert not result.success
    assert not (folder / "warehouse.duckdb").exists()
    assert not (folder / "published").exists()
    # Files were read and rows typed, and all of it was rolled back: nothing is shown as done.
    assert not of_kind(result, "ASSET_MATERIALIZATION")


def test_what_goes_wrong_after_the_commit_is_not_called_rolled_back(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    write_leads(folder, [lead(1)])

    def failing(_session, _found):
        raise ValueError("a cell")

    from rr_pipeline.orchestration.assets import measures

    monkeypatch.setattr(measures, "tell_marts", failing)
    result = execute(folder, monkeypatch)
    (failure,) = result.get_step_failure_events()
    said = failure.step_failure_data.error.message + str(failure.step_failure_data.user_failure_data)
    assert "run-000001 is committed, but not all that follows was done" in said
    assert "rolled back" not in said
    assert "a cell" not in said
    assert rows(folder, "select count(*) from marts.fct_items") == [(1,)]


@pytest.mark.parametrize(
    ("chosen", "checks", "said"),
    [
        (["raw/records"], None, "1 of 47 assets were chosen"),
        (None, None, "46 of 47 assets were chosen"),  # all but the published copy
        ([], [("marts/fct_decisions", "conservation")], "checks without their assets were chosen"),
    ],
)
def test_a_part_of_the_assets_is_refused_with_the_way_on(tmp_path, monkeypatch, chosen, checks, said):
    """A part shown as done would not be in the warehouse; the whole would decide leads that nobody asked to decide."""
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    write_leads(folder, [lead(1)], "leads_20260303T0000.csv")
    job = definitions(folder, monkeypatch).resolve_job_def("rr_pipeline")
    if chosen is None:
        chosen = [key.to_user_string() for key in job.asset_layer.selected_asset_keys if key.path[0] != "published"]
    part = job.get_subset(
        asset_selection={dg.AssetKey(name.split("/")) for name in chosen},
        asset_check_selection={dg.AssetCheckKey(dg.AssetKey(of.split("/")), name) for of, name in checks or []}
        if checks
        else None,
    )
    with dg.DagsterInstance.ephemeral() as instance:
        result = part.execute_in_process(instance=instance, raise_on_error=False, partition_key="2026-03-02")
    assert not result.success
    failure = next(event for event in result.all_events if event.event_type_value == "STEP_FAILURE")
    text = failure.event_specific_data.error.message
    assert f"code=ASSETS_PARTIAL: {said}" in text
    assert "launch the job rr_pipeline" in text
    assert not of_kind(result, "ASSET_MATERIALIZATION")
    assert not of_kind(result, "ASSET_CHECK_EVALUATION")
    assert sorted(path.name for path in folder.iterdir()) == [
        "landing", "policies", "project.yaml", "runs.log", "sources.yaml",
    ]  # fmt: skip
    line = json.loads((folder / "runs.log").read_text())
    assert (line["exit_code"], line["codes"]) == (2, ["ASSETS_PARTIAL"])


def test_a_range_of_days_cannot_be_split(tmp_path, monkeypatch):
    """Dagster splits a backfill between functions, policies, and at an asset that depends on its own day before."""
    graph = definitions(write_project(tmp_path / "project", policy([{"user": "a"}])), monkeypatch).resolve_asset_graph()
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert {id(node.assets_def.op) for node in nodes} == {id(nodes[0].assets_def.op)}
    assert {node.backfill_policy for node in nodes} == {dg.BackfillPolicy.single_run()}
    assert not any(node.has_self_dependency for node in nodes)


def test_the_schedule_asks_for_the_day_it_falls_in(tmp_path, monkeypatch):
    from datetime import UTC, datetime

    folder = write_project(tmp_path / "project", policy([{"user": "a"}]), zone="Asia/Tokyo")
    repository = definitions(folder, monkeypatch).get_repository_def()
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2026, 3, 2, 20, 5, tzinfo=UTC), repository_def=repository
    )
    request = repository.get_schedule_def("hourly").evaluate_tick(context).run_requests[0]
    assert request.partition_key == "2026-03-03"
    assert request.tags["rr_pipeline/as_of"] == "2026-03-02T20:05:00+00:00"


def test_the_sensor_asks_once_for_what_is_new(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    repository = definitions(folder, monkeypatch).get_repository_def()
    sensor = repository.get_sensor_def("landing_folder")
    with dg.DagsterInstance.ephemeral() as instance:
        first = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, repository_def=repository))
        assert not first.run_requests
        write_leads(folder, [lead(1)])
        second = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, repository_def=repository))
        assert len(second.run_requests) == 1
        context = dg.build_sensor_context(instance=instance, cursor=second.cursor, repository_def=repository)
        third = sensor.evaluate_tick(context)
        assert not third.run_requests


def test_assets_job_and_automation_are_these(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    defs = definitions(folder, monkeypatch)
    assert defs.resolve_job_def("rr_pipeline").tags["dagster/retry_strategy"] == "ALL_STEPS"
    graph = defs.resolve_asset_graph()
    groups = {graph.get(key).group_name for key in graph.get_all_asset_keys()}
    assert groups == {"raw", "staging", "identity", "territories", "router", "marts", "ops", "published"}
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert keys >= {"raw/records", "staging/stg_items", "router/rotation", "marts/fct_items", "published/marts_copy"}
    assert all(graph.get(key).description for key in graph.get_all_asset_keys())
