"""Parquet by local day: what the tables hold, only changed days written, whole or not at all."""

import hashlib
import json
import os
import shutil
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.outbox.messages import open_messages
from rr_pipeline.publishing import parquet
from rr_pipeline.publishing.parquet import TABLES, parquet_run
from rr_pipeline.warehouse.masks import Masks
from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

NIGHT = datetime(2026, 3, 2, 14, 0, tzinfo=UTC)  # an hour before midnight in Tokyo


@pytest.fixture(scope="module")
def done(tmp_path_factory):
    folder = write_project(
        tmp_path_factory.mktemp("parquet") / "project", policy([{"user": "a"}, {"user": "b"}]), zone="Asia/Tokyo"
    )
    with (folder / "project.yaml").open("a") as settings:
        settings.write("\npublishing: {parquet: true}\n")
    leads = [lead(number, at=NIGHT + timedelta(minutes=10 * number)) for number in range(12)]
    write_leads(folder, [*leads, {"Id": "", "Created": NIGHT.isoformat()}], "leads_20260302T1630.csv")
    run_project(folder)
    return folder


@pytest.fixture
def project(done, tmp_path):
    return shutil.copytree(done, tmp_path / "project")


def place(folder):
    return folder / "published" / "parquet"


def manifest(folder):
    return json.loads((place(folder) / "manifest.json").read_text())


def files(folder):
    return {path: path.stat().st_ino for path in place(folder).rglob("*.parquet")}


def read(folder, table):
    pattern = place(folder) / table / "*" / "*.parquet"
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        return con.sql(f"from read_parquet('{pattern}', hive_partitioning = true, union_by_name = true)").fetchall()


def test_days_are_those_of_the_projects_zone_and_add_up_to_the_tables(project):
    expected = [("2026-03-02", 6), ("2026-03-03", 6)]
    days = manifest(project)["tables"]["fct_decisions"]
    assert [(day, one["rows"]) for day, one in days.items()] == expected
    for table in TABLES:
        count = rows(project, f"select count(*) from marts.{table}")[0][0]
        assert sum(one["rows"] for one in manifest(project)["tables"][table].values()) == count
        if count:
            assert len(read(project, table)) == count
    assert sum(one["rows"] for one in manifest(project)["tables"]["fct_items"].values()) == 13
    assert parquet_run(project / "published") == "run-000001"


def test_values_and_sums_are_those_told(project):
    query = "select decision_id, item_id, decided_at from {} order by decision_seq"
    pattern = place(project) / "fct_decisions" / "*" / "*.parquet"
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        assert con.execute(query.format(f"read_parquet('{pattern}')")).fetchall() == rows(
            project, query.format("marts.fct_decisions")
        )
    for days in manifest(project)["tables"].values():
        for one in days.values():
            assert hashlib.sha256((place(project) / one["file"]).read_bytes()).hexdigest() == one["sha256"]


def test_a_run_writes_only_the_days_it_changed(project):
    before = files(project)
    later = NIGHT + timedelta(days=2)
    write_leads(project, [lead(number, at=later) for number in (50, 51)], "leads_20260304T1630.csv")
    run_project(project)
    after = files(project)
    assert {path for path in before if before[path] != after[path]} == set()
    assert {path.parent.name for path in after.keys() - before.keys()} == {"decided_date=2026-03-04"}
    assert parquet_run(project / "published") == "run-000002"


def test_a_run_killed_while_writing_is_made_good_by_the_next(project, monkeypatch):
    later = NIGHT + timedelta(days=1)
    write_leads(project, [lead(number, at=later) for number in (50, 51)], "leads_20260303T1630.csv")

    def die(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(parquet, "_save", die)
        with pytest.raises(KeyboardInterrupt):
            run_project(project)
    assert parquet_run(project / "published") == "run-000001"
    run_project(project)
    assert parquet_run(project / "published") == "run-000002"
    assert sum(one["rows"] for one in manifest(project)["tables"]["fct_decisions"].values()) == 14
    assert not [name for _, _, names in os.walk(place(project)) for name in names if name.startswith(".")]


def test_written_whole_days_that_are_no_more_go(project):
    stale = place(project) / "fct_decisions" / "decided_date=2020-01-01"
    stale.mkdir()
    (stale / "part.parquet").write_bytes(b"")
    with duckdb.connect(str(project / "warehouse.duckdb")) as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("delete from marts.fct_decisions where decision_seq > 6")
        parquet.write_parquet(con, project / "published", "Asia/Tokyo", "run-000001", Masks("key"), whole=True)
    assert {path.parent.name for path in (place(project) / "fct_decisions").rglob("*.parquet")} == {
        "decided_date=2026-03-02"
    }
    assert not stale.exists()


def test_what_an_earlier_version_published_is_made_again_without_texts(project):
    """Its manifests know of no masks. Until then nothing of it goes to other systems."""
    folder = project / "published"
    with duckdb.connect(str(folder / "routing.duckdb")) as con:
        con.execute("update marts.fct_items set campaign = 'Emil Noriega'")
    stat = (folder / "routing.duckdb").stat()
    for path in (folder / "manifest.json", place(project) / "manifest.json"):
        told = json.loads(path.read_text())
        del told["masks"]
        if "file" in told:
            told |= {"size_bytes": stat.st_size, "modified_ns": stat.st_mtime_ns}
        path.write_text(json.dumps(told))
    with pytest.raises(RefusedError, match="COPY_OUTDATED"), open_messages(load_project(project)):
        pass
    before = files(project)
    assert run_project(project).run_id is None
    after = files(project)
    assert before.keys() == after.keys()
    assert all(before[path] != after[path] for path in before)
    assert rows(project, "select count(*), count(campaign) from marts.fct_items") == [(13, 0)]
    assert not any(b"Emil Noriega" in path.read_bytes() for path in folder.glob("*.duckdb"))
    with open_messages(load_project(project)):
        pass
