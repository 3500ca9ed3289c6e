"""Nothing of the routing is in Dagster's own storage: with it lost, or a run retried, the tables are the same."""

import shutil
import warnings
from pathlib import Path

import pytest

from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

dg = pytest.importorskip("dagster")
warnings.simplefilter("ignore", dg.BetaWarning)
pytestmark = pytest.mark.slow  # each run writes hundreds of events to a storage on disk

DAY = 24 * 60
TABLES = ("warehouse.duckdb", "published/routing.duckdb")
AS_OF = "rr_pipeline/as_of"


def job_of(folder):
    from rr_pipeline.definitions import build

    return build(Path(folder)).resolve_job_def("rr_pipeline")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b", "weight": 2}]))
    monkeypatch.setenv("RR_PROJECT", str(folder))
    monkeypatch.setenv("DAGSTER_DISABLE_TELEMETRY", "1")
    deliver(folder, 0)
    return folder


def deliver(folder, day):
    write_leads(folder, [lead(day * DAY + number) for number in range(1, 9)], f"leads_2026030{3 + day}T0000.csv")


def execute(folder, day, again=None):
    """One run of the job in an instance that keeps its storage beside the project; ``again``: that run, again."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    job = dg.build_reconstructable_job(__name__, "job_of", reconstructable_args=(str(folder),))
    tags = {AS_OF: f"2026-03-0{3 + day}T00:05:00+00:00"}
    options = {"reexecution_options": dg.ReexecutionOptions(parent_run_id=again)} if again else {}
    with (
        dg.DagsterInstance.local_temp(str(home), overrides={"telemetry": {"enabled": False}}) as instance,
        dg.execute_job(
            job,
            instance=instance,
            tags={**tags, "dagster/partition": f"2026-03-0{2 + day}"},
            raise_on_error=False,
            **options,
        ) as result,
    ):
        return result.success, result.run_id


def bytes_of(folder):
    return [(folder / name).read_bytes() for name in (*TABLES, "published/manifest.json")]


def test_storage_lost_between_runs_and_runs_executed_again_change_nothing(folder, tmp_path):
    assert execute(folder, 0)[0]
    shutil.rmtree(tmp_path / "home")
    deliver(folder, 1)
    is_done, second = execute(folder, 1)
    assert is_done
    undisturbed = shutil.copytree(folder, tmp_path / "undisturbed", ignore=shutil.ignore_patterns("ware*", "publ*"))
    (undisturbed / "landing" / "leads_20260304T0000.csv").rename(tmp_path / "later.csv")
    run_project(undisturbed)
    (tmp_path / "later.csv").rename(undisturbed / "landing" / "leads_20260304T0000.csv")
    run_project(undisturbed)
    decided = "select item_id, owner_id, assigned_at, outcome from marts.fct_items order by item_seq"
    assert rows(folder, decided) == rows(undisturbed, decided)
    left = bytes_of(folder)
    assert execute(folder, 1, again=second)[0]
    assert bytes_of(folder) == left
    assert rows(folder, "select count(*) from ops.runs") == [(2,)]


def test_a_run_of_before_executed_again_changes_nothing(folder):
    """Its instant lies before what is final by now: all it could do is done."""
    _, first = execute(folder, 0)
    deliver(folder, 1)
    assert execute(folder, 1)[0]
    left = bytes_of(folder)
    assert execute(folder, 0, again=first)[0]
    assert bytes_of(folder) == left


def test_a_run_that_failed_after_it_had_published_is_retried_whole(folder, monkeypatch):
    from rr_pipeline.orchestration import resources

    def finish_and_fail(session, found, finish=resources.finish):
        finish(session, found)
        raise RuntimeError("the word of it was lost")

    monkeypatch.setattr(resources, "finish", finish_and_fail)
    is_done, failed = execute(folder, 0)
    assert not is_done
    left = bytes_of(folder)
    monkeypatch.undo()
    # By itself Dagster would retry from the asset on that failed, of whose transaction nothing is left.
    assert job_of(folder).tags["dagster/retry_strategy"] == "ALL_STEPS"
    assert execute(folder, 0, again=failed)[0]
    assert bytes_of(folder) == left
