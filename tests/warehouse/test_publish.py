"""The published copy: whole, replaced in one step, with as many earlier ones as are asked for."""

import json

import duckdb
import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.warehouse import publish as publish_copy
from rr_pipeline.warehouse.published import published_run


@pytest.fixture
def con(tmp_path):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'w.duckdb'}' as warehouse")
        connection.execute("use warehouse")
        for schema in ("raw", "staging", "intermediate", "marts", "ops"):
            connection.execute(f"create schema {schema}")
        yield connection


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_copies_before_the_current_one_are_kept_by_run_and_pruned(con, tmp_path, monkeypatch):
    monkeypatch.setattr("rr_pipeline.warehouse.published.make_views", lambda *_: None)
    folder = tmp_path / "published"
    con.execute("create table marts.t (run integer)")
    for run in range(1, 5):
        con.execute("insert into marts.t values (?)", [run])
        publish_copy(con, folder, f"run-{run:06d}", copies=3)
    assert names(folder) == [
        "manifest.json",
        "routing.duckdb",
        "routing.run-000002.duckdb",
        "routing.run-000003.duckdb",
    ]
    with duckdb.connect(str(folder / "routing.run-000002.duckdb"), read_only=True) as old:
        assert old.execute("select count(*) from marts.t").fetchall() == [(2,)]
    assert published_run(folder) == "run-000004"
    assert json.loads((folder / "manifest.json").read_text())["rows"] == {"marts.t": 4}


def test_an_analyst_keeps_the_copy_that_is_open(con, tmp_path, monkeypatch):
    monkeypatch.setattr("rr_pipeline.warehouse.published.make_views", lambda *_: None)
    folder = tmp_path / "published"
    con.execute("create table marts.t as select 1 as run")
    publish_copy(con, folder, "run-000001")
    with duckdb.connect(str(folder / "routing.duckdb"), read_only=True) as analyst:
        con.execute("insert into marts.t values (2)")
        publish_copy(con, folder, "run-000002")
        assert analyst.execute("select count(*) from marts.t").fetchall() == [(1,)]
    assert names(folder) == ["manifest.json", "routing.duckdb"]


def test_a_copy_that_is_not_whole_leaves_the_old_one(con, tmp_path, monkeypatch):
    monkeypatch.setattr("rr_pipeline.warehouse.published.make_views", lambda *_: None)
    folder = tmp_path / "published"
    con.execute("create table marts.t as select 1 as run")
    publish_copy(con, folder, "run-000001")
    before = (folder / "routing.duckdb").read_bytes()
    monkeypatch.setattr(
        "rr_pipeline.warehouse.published._count", lambda _con, name: 1 if name.startswith("published") else 2
    )
    with pytest.raises(RunError, match="not complete"):
        publish_copy(con, folder, "run-000002")
    assert (folder / "routing.duckdb").read_bytes() == before
    assert names(folder) == ["manifest.json", "routing.duckdb"]
