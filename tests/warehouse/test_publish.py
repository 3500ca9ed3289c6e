"""The published copy: whole, replaced in one step, brought forward at the cost of what is new."""

import hashlib
import json
import os
from contextlib import suppress

import duckdb
import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.personal import hidden
from rr_pipeline.warehouse import publish as publish_copy
from rr_pipeline.warehouse import published
from rr_pipeline.warehouse.masks import Masks
from rr_pipeline.warehouse.published import is_intact, published_run, read_copies
from rr_pipeline.warehouse.schema import LAYOUT_VERSION

MASKS = Masks("key", words={"campaign": frozenset({"spring"})})


@pytest.fixture(autouse=True)
def without_views(monkeypatch):
    monkeypatch.setattr("rr_pipeline.warehouse.changes.define", lambda *_: None)


@pytest.fixture
def con(tmp_path):
    with duckdb.connect() as connection:
        connection.execute(f"attach '{tmp_path / 'w.duckdb'}' as warehouse")
        connection.execute("use warehouse")
        for schema in ("raw", "staging", "intermediate", "marts", "ops"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table ops.layout as select ?::integer as layout_version", [LAYOUT_VERSION])
        connection.execute("create table ops.runs (run_id varchar)")
        connection.execute("create table marts.fct_decisions (decision_seq bigint, run_id varchar)")
        yield connection


def run_id(number):
    return f"run-{number:06d}"


def decide(con, number, count=2):
    con.execute("insert into ops.runs values (?)", [run_id(number)])
    con.execute(
        f"insert into marts.fct_decisions (decision_seq, run_id) select range, ? from range({count})", [run_id(number)]
    )


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def content(path):
    with duckdb.connect(str(path), read_only=True) as con:
        tables = con.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        return {name: con.execute(f"from {name} order by all").fetchall() for (name,) in tables}


def publish_runs(con, folder, numbers, copies):
    for number in numbers:
        decide(con, number)
        publish_copy(con, folder, run_id(number), MASKS, copies)


def test_copies_before_the_current_one_are_kept_by_run_and_pruned(con, tmp_path):
    folder = tmp_path / "published"
    publish_runs(con, folder, range(1, 6), copies=3)
    assert names(folder) == [
        "manifest.json", "routing.duckdb", "routing.run-000003.duckdb", "routing.run-000004.duckdb",
        "routing.run-000005.duckdb",
    ]  # fmt: skip
    for number in (3, 4, 5):
        assert len(content(folder / f"routing.{run_id(number)}.duckdb")["marts.fct_decisions"]) == 2 * number
    assert published_run(folder) == "run-000005"
    assert is_intact(folder)


def test_the_manifest_names_the_copy_its_sum_and_its_rows(con, tmp_path):
    folder = tmp_path / "published"
    decide(con, 1)
    publish_copy(con, folder, run_id(1), MASKS, project="acme")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["project"] == "acme"
    assert manifest["layout_version"] == LAYOUT_VERSION
    assert manifest["sha256"] == hashlib.sha256((folder / manifest["file"]).read_bytes()).hexdigest()
    assert manifest["rows"] == {"marts.fct_decisions": 2, "ops.layout": 1, "ops.runs": 1}
    assert (folder / manifest["file"]).samefile(folder / "routing.duckdb")


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_an_analyst_keeps_the_copy_that_is_open(con, tmp_path, copies):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1], copies)
    with duckdb.connect(str(folder / "routing.duckdb"), read_only=True) as analyst:
        publish_runs(con, folder, range(2, 7), copies)
        assert analyst.execute("select count(*) from marts.fct_decisions").fetchall() == [(2,)]
        assert analyst.execute("select max(run_id) from marts.fct_decisions").fetchall() == [("run-000001",)]
    assert len(content(folder / "routing.duckdb")["marts.fct_decisions"]) == 12


def test_the_oldest_copy_is_brought_forward_where_it_is(con, tmp_path, monkeypatch):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1, 2], copies=2)
    monkeypatch.setattr(published, "copy_whole", None)
    monkeypatch.setattr(published.shutil, "copyfile", None)
    oldest = (folder / "routing.run-000001.duckdb").stat().st_ino
    publish_runs(con, folder, [3], copies=2)
    assert (folder / "routing.duckdb").stat().st_ino == oldest
    assert len(content(folder / "routing.duckdb")["marts.fct_decisions"]) == 6


def test_a_copy_that_is_not_whole_leaves_the_old_one(con, tmp_path, monkeypatch):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1], copies=1)
    before = (folder / "routing.duckdb").read_bytes()
    monkeypatch.setattr(
        "rr_pipeline.warehouse.changes.count_rows",
        lambda _con, database, names: dict.fromkeys(names, 1 if database == "published" else 2),
    )
    decide(con, 2)
    with pytest.raises(RunError, match="not complete"):
        publish_copy(con, folder, run_id(2), MASKS)
    assert (folder / "routing.duckdb").read_bytes() == before
    assert names(folder) == ["manifest.json", "routing.duckdb", "routing.run-000001.duckdb"]


def change_rows(path):
    with duckdb.connect(str(path)) as con:
        con.execute("update marts.fct_decisions set decision_seq = 99")


def cut_short(path):
    os.truncate(path, path.stat().st_size // 2)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: change_rows(folder / "routing.duckdb"),
        lambda folder: cut_short(folder / "routing.duckdb"),
        lambda folder: (folder / "routing.duckdb").unlink(),
        lambda folder: (folder / "routing.run-000002.duckdb").unlink(),
        lambda folder: cut_short(folder / "routing.run-000001.duckdb"),
        lambda folder: (folder / "manifest.json").unlink(),
        lambda folder: (folder / "manifest.json").write_text("{}"),
        lambda folder: (folder / ".routing.duckdb.new").write_text("half"),
    ],
    ids=["changed", "cut", "gone", "named-gone", "older-cut", "no-manifest", "other-manifest", "leftover"],
)
def test_whatever_was_done_to_the_copies_the_next_one_is_right(con, tmp_path, spoil):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1, 2], copies=2)
    spoil(folder)
    publish_runs(con, folder, [3], copies=2)
    assert len(content(folder / "routing.duckdb")["marts.fct_decisions"]) == 6
    assert {row[0] for row in content(folder / "routing.duckdb")["marts.fct_decisions"]} == {0, 1}
    assert is_intact(folder)
    assert not list(folder.glob(".*"))


def test_a_changed_copy_is_told_from_a_whole_one(con, tmp_path):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1], copies=1)
    change_rows(folder / "routing.duckdb")
    assert published_run(folder) is None
    assert read_copies(folder) == []


def test_restated_history_is_copied_whole(con, tmp_path):
    folder = tmp_path / "published"
    con.execute("create table ops.restatements (run_id varchar)")
    publish_runs(con, folder, [1, 2], copies=2)
    decide(con, 3)
    con.execute("update marts.fct_decisions set decision_seq = 7 where run_id = 'run-000001'")
    con.execute("insert into ops.restatements values ('run-000003')")
    publish_copy(con, folder, run_id(3), MASKS, 2)
    assert (7, "run-000001") in content(folder / "routing.duckdb")["marts.fct_decisions"]


def test_tables_and_columns_that_are_new_come_along_and_old_ones_go(con, tmp_path):
    folder = tmp_path / "published"
    con.execute("create table ops.old as select 1 as x")
    publish_runs(con, folder, [1], copies=1)
    con.execute("drop table ops.old")
    con.execute("create table ops.outbox as select 'm' as message_id, 'run-000001' as run_id")
    con.execute("alter table marts.fct_decisions add column cause varchar")
    publish_runs(con, folder, [], copies=1)
    con.execute("insert into ops.runs values ('run-000002')")
    publish_copy(con, folder, run_id(2), MASKS)
    copied = content(folder / "routing.duckdb")
    assert copied["ops.outbox"] == [("m", "run-000001")]
    assert copied["marts.fct_decisions"] == [(0, "run-000001", None), (1, "run-000001", None)]
    assert "ops.old" not in copied


def test_texts_are_masked_and_copies_made_with_other_masks_go(con, tmp_path, monkeypatch):
    folder = tmp_path / "published"
    monkeypatch.setattr(
        "rr_pipeline.warehouse.masks.masked_columns", lambda: {"marts.fct_decisions": {"item_id": "id"}}
    )
    con.execute("alter table marts.fct_decisions add column item_id varchar default 'emil@firma.no'")
    publish_runs(con, folder, [1, 2], copies=3)
    assert {row[2] for row in content(folder / "routing.duckdb")["marts.fct_decisions"]} == {
        hidden("key", "emil@firma.no")
    }
    whole = []
    monkeypatch.setattr(
        published, "copy_whole", lambda *given, real=published.copy_whole: whole.append(1) or real(*given)
    )
    publish_runs(con, folder, [3], copies=3)
    assert whole == []
    assert len(names(folder)) == 5
    other = Masks("another key")
    assert (published_run(folder, MASKS.fingerprint), published_run(folder, other.fingerprint)) == ("run-000003", None)
    publish_copy(con, folder, run_id(3), other, 3)
    assert whole == [1]
    assert names(folder) == ["manifest.json", "routing.duckdb", "routing.run-000003.duckdb"]
    assert {row[2] for row in content(folder / "routing.duckdb")["marts.fct_decisions"]} == {
        hidden("another key", "emil@firma.no")
    }


STEPS = ("replace", "link", "unlink")


class KilledError(BaseException):
    """Stands for a kill at this very call: nothing after it happens, as far as the folder goes."""


@pytest.mark.parametrize("copies", [1, 2])
@pytest.mark.parametrize("dies_at", range(1, 9))
def test_killed_between_any_two_steps_the_folder_shows_the_old_copy_or_the_new_one(
    con, tmp_path, monkeypatch, copies, dies_at
):
    folder = tmp_path / "published"
    publish_runs(con, folder, [1, 2], copies)
    old = content(folder / "routing.duckdb")
    decide(con, 3)
    calls = {"count": 0}

    def dying(real):
        def call(*arguments, **options):
            calls["count"] += 1
            if calls["count"] >= dies_at:
                raise KilledError
            return real(*arguments, **options)

        return call

    with monkeypatch.context() as patched:
        for step in STEPS:
            patched.setattr(os, step, dying(getattr(os, step)))
        patched.setattr(published, "_remove", lambda _path: None)
        with suppress(KilledError):
            publish_copy(con, folder, run_id(3), MASKS, copies)
    shown = content(folder / "routing.duckdb")
    told = json.loads((folder / "manifest.json").read_text())
    assert hashlib.sha256((folder / told["file"]).read_bytes()).hexdigest() == told["sha256"]
    publish_copy(con, folder, run_id(3), MASKS, copies)
    new = content(folder / "routing.duckdb")
    assert shown in (old, new)
    assert len(new["marts.fct_decisions"]) == 6
    assert is_intact(folder)
    assert not list(folder.glob(".*"))
