"""What a user does on Dagster's page, through its webserver and daemon: ranges of days, and parts of the assets."""

import json
from datetime import timedelta

import pytest

from tests.e2e.dagster_page import dagster_page
from tests.e2e.projects import START, lead, policy, rows, run_project, write_leads, write_project

pytest.importorskip("dagster")
pytest.importorskip("dagster_webserver")
pytestmark = pytest.mark.slow  # a webserver, a daemon, and a process for each run

DAY = 24 * 60
RANGE = "dagster/asset_partition_range_"
DECIDED = "select item_id, owner_id, assigned_at, outcome from marts.fct_items order by item_seq"


def small(folder):
    write_project(folder, policy([{"user": "a"}, {"user": "b", "weight": 2}]))
    for day in range(4):
        leads = [lead(day * DAY + number) for number in range(1, 5)]
        write_leads(folder, leads, f"leads_{START + timedelta(days=day + 1):%Y%m%d}T0000.csv")
    return folder


def exit_codes(folder):
    return [json.loads(line)["exit_code"] for line in (folder / "runs.log").read_text().splitlines()]


def test_parts_are_refused_and_ranges_are_one_run_that_is_committed(tmp_path):
    folder, undisturbed = small(tmp_path / "project"), small(tmp_path / "undisturbed")
    with dagster_page(folder, tmp_path / "home") as page:
        every = page.assets()
        upstream = [path for path in every if path[0] in ("raw", "staging", "intermediate")]
        for part in ([["raw", "records"]], upstream, [path for path in every if path[0] != "published"]):
            run = page.launch(part, "2026-03-03")
            assert (run.status, run.made) == ("FAILURE", frozenset())
            assert f"code=ASSETS_PARTIAL: {len(part)} of {len(every)} assets were chosen" in run.said
        assert page.backfill(upstream, ["2026-03-02", "2026-03-03"]) == "COMPLETED_FAILED"
        assert not any(run.made for run in page.runs())
        assert not (folder / "warehouse.duckdb").exists()
        before = len(page.runs())
        assert page.backfill(every, ["2026-03-02", "2026-03-03", "2026-03-04"]) == "COMPLETED_SUCCESS"
        (run,) = page.runs()[before:]
        assert (run.tags[RANGE + "start"], run.tags[RANGE + "end"]) == ("2026-03-02", "2026-03-04")
        assert run.made == {"/".join(path) for path in every}
        assert rows(folder, "select count(*) from ops.runs") == [(1,)]
        assert rows(folder, "select count(*), count(owner_id) from marts.fct_items") == [(12, 12)]
        run = page.launch(every, "2026-03-05")
        assert (run.status, len(run.made)) == ("SUCCESS", len(every))
    run_project(undisturbed)
    assert rows(folder, DECIDED) == rows(undisturbed, DECIDED)
    assert exit_codes(folder) == [2, 2, 2, 2, 0, 0]
