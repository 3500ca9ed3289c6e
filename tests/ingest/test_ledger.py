"""Numbers of files and batches, known and refused files, drift: nothing depends on names or on the order of files."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from rr_pipeline.errors import InvariantError, RunError
from rr_pipeline.ingest import ingest, raw_tables
from rr_pipeline.ingest.file_ledger import delivered_at
from rr_pipeline.ingest.results import DriftEntry, FileRefusedError
from rr_pipeline.warehouse import open_warehouse

HEADER = "Id,Created,Email\n"
AS_OF = datetime(2026, 3, 1, 12, tzinfo=UTC)


def rows(*ids):
    return HEADER + "".join(f"{one},2026-01-01,\n" for one in ids)


def test_the_same_bytes_under_another_name_are_known_and_load_nothing(room):
    assert room.one(rows(1)).status == "loaded"
    room.deliver("copy.csv", rows(1))
    assert [(one.file_name, one.status, one.file_id) for one in room.ingest().files] == [
        ("a.csv", "known", None),
        ("copy.csv", "known", None),
    ]
    assert len(room.raw()) == 1
    assert room.files("file_id, file_name, run_id") == [(1, "a.csv", "run-1")]


def test_two_copies_in_one_run_load_once(room):
    room.deliver("b.csv", rows(1))
    room.deliver("a.csv", rows(1))
    assert [(one.file_name, one.status) for one in room.ingest().files] == [("a.csv", "loaded"), ("b.csv", "known")]


def test_the_same_name_with_other_bytes_is_a_new_file(room):
    room.one(rows(1))
    room.one(rows(1, 2))
    assert room.raw("_file_id, Id") == [(1, "1"), (2, "1"), (2, "2")]


def test_the_same_bytes_for_two_sources_are_two_files(room, make_source):
    room.sources = (make_source("a", location="a.csv"), make_source("b", location="b.csv"))
    room.deliver("a.csv", rows(1))
    room.deliver("b.csv", rows(1))
    assert [(one.source, one.file_id) for one in room.ingest().files] == [("a", 1), ("b", 2)]


def test_a_second_run_changes_nothing(room):
    room.deliver("a.csv", rows(1) + "2,x\n")
    room.deliver("bad.csv", "x\n")
    room.ingest()
    before = [room.raw(), room.rejects("*"), room.files("*")]
    report = room.ingest()
    assert [room.raw(), room.rejects("*"), room.files("*")] == before
    assert report.new_file_ids == ()


def test_names_and_order_of_files_change_no_number(room, make_source):
    contents = [rows(n, n + 10) + "short\n" for n in range(3)]
    seen = set()
    for order in itertools.permutations(contents):
        with duckdb.connect(":memory:") as con:
            con.execute("begin")
            for place, content in enumerate(order):
                room.deliver(f"{place}.csv", content)
            ingest(con, room.project(), AS_OF, "run")
            raw = con.execute("select * from raw.leads order by all").fetchall()
            files = con.execute("select * exclude (file_name) from ops.ingested_files order by all").fetchall()
            refused = con.execute("select * exclude (file_name) from ops.quarantine order by all").fetchall()
            seen.add(repr((raw, files, refused)))
    assert len(seen) == 1


def test_batches_follow_the_delivery_instant_and_grow_for_ever(room, make_source):
    room.sources = (
        make_source("early", location="e_*.csv", delivered_at="e_%Y%m%d.csv"),
        make_source("late", location="l_*.csv", delivered_at="l_%Y-%m-%dT%H%M%z.csv"),
    )
    room.deliver("e_20260102.csv", rows(1))
    room.deliver("e_20260101.csv", rows(2))
    room.deliver("l_2026-01-02T0100+0100.csv", rows(3))
    room.ingest()
    room.deliver("e_20251231.csv", rows(4))  # late: it gets a later batch all the same
    room.ingest()
    assert room.files("file_id, source, ingest_batch, strftime(delivered_at, '%Y-%m-%d')") == [
        (1, "early", 1, "2026-01-01"),
        (2, "early", 2, "2026-01-02"),
        (3, "late", 2, "2026-01-02"),
        (4, "early", 3, "2025-12-31"),
    ]


def test_without_a_pattern_a_file_is_delivered_when_it_is_first_seen(room):
    room.deliver("a.csv", rows(1))
    room.ingest(AS_OF)
    room.deliver("b.csv", rows(2))
    room.ingest(AS_OF + timedelta(hours=1))
    assert room.files("delivered_at, ingest_batch") == [(AS_OF, 1), (AS_OF + timedelta(hours=1), 2)]


def test_refused_and_known_files_take_no_number(room):
    room.deliver("a.csv", rows(1))
    room.deliver("b.csv", "nonsense\n1\n")
    room.deliver("c.csv", rows(2))
    room.ingest()
    assert room.files("file_id, status, ingest_batch") == [(1, "loaded", 1), (2, "loaded", 1), (None, "refused", None)]


def test_a_name_that_does_not_follow_the_pattern_is_refused(room, make_source, code_of):
    room.sources = (make_source(delivered_at="leads_%Y%m%d.csv"),)
    assert code_of(room.one(rows(1), "leads_20260230.csv")) == "FILE_NAME"


def test_delivered_at_reads_packed_names_below_folders():
    assert delivered_at("x/l_20260101.csv.gz", "l_%Y%m%d.csv", AS_OF) == datetime(2026, 1, 1, tzinfo=UTC)
    assert delivered_at("x/l_20260101.csv.gz", "l_%Y%m%d.csv.gz", AS_OF) == datetime(2026, 1, 1, tzinfo=UTC)
    with pytest.raises(FileRefusedError):
        delivered_at("x/l.csv", "l_%Y%m%d.csv", AS_OF)


def test_drift_is_recorded_once_each_way(room):
    room.one("Id,Created,Email,A\n1,2,3,a1\n")
    assert room.ingest().drift == ()
    drifts = []
    for run, (names, cells) in enumerate(
        [("A,B", "a2,b2"), ("B", "b3"), ("B", "b4"), ("b,A", "b5,a5"), ("B,a", "b6,a6")], start=2
    ):
        room.deliver("a.csv", f"Id,Created,Email,{names}\n{run},2,3,{cells}\n")
        drifts.append(room.ingest().drift)
    assert drifts == [
        (DriftEntry("leads", 2, "B", "added"),),
        (DriftEntry("leads", 3, "A", "missing"),),
        (),
        (DriftEntry("leads", 5, "A", "added"),),
        (),
    ]
    assert room.raw("Id, A, B") == [
        ("1", "a1", None),
        ("2", "a2", "b2"),
        ("3", None, "b3"),
        ("4", None, "b4"),
        ("5", "a5", "b5"),
        ("6", "a6", "b6"),
    ]
    recorded = room.con.execute(
        "select source, file_id, column_name, change from ops.schema_drift order by all"
    ).fetchall()
    assert recorded == [("leads", 2, "B", "added"), ("leads", 3, "A", "missing"), ("leads", 5, "A", "added")]


def test_columns_of_several_files_in_one_run(room):
    room.deliver("a.csv", "Id,Created,Email,A\n1,2,3,a\n")
    room.deliver("b.csv", "Id,Created,Email,B\n2,2,3,b\n")
    room.ingest()
    assert sorted(room.raw("Id, A, B")) == [("1", "a", None), ("2", None, "b")]


def test_raw_tables_exist_before_the_first_file_with_the_mapped_columns(room, make_source):
    mapping = {"item_id": "Id", "created_at": "C", "email": {"columns": ["E1", "E2"], "any_of": True}}
    room.sources = (make_source("odd-name 1", mapping=mapping, location="x"),)
    room.ingest()
    described = room.con.execute('describe raw."odd-name 1"').fetchall()
    assert [row[0] for row in described] == ["_file_id", "_row", "Id", "C", "E1", "E2"]


def test_columns_of_an_any_of_rule_may_be_missing(room, make_source):
    mapping = {"item_id": "Id", "created_at": "C", "email": {"columns": ["E1", "E2"], "any_of": True}}
    room.sources = (make_source(mapping=mapping),)
    assert room.one("Id,C\n1,2\n").problems == ()
    assert room.raw("Id, E1, E2") == [("1", None, None)]


def test_of_a_required_any_of_rule_one_column_must_be_there(room, make_source, code_of):
    mapping = {"item_id": {"columns": ["Id", "Key"], "any_of": True}, "created_at": "C"}
    room.sources = (make_source(mapping=mapping),)
    assert room.one("Key,C\n1,2\n").status == "loaded"
    assert code_of(room.one("No,C\n1,2\n")) == "COLUMN_MISSING"


def test_rows_that_differ_from_those_read_stop_the_run(room, monkeypatch):
    load = raw_tables.load

    def losing(con, source, batches):
        load(con, source, batches)
        con.execute("delete from raw.leads where _row = 2")

    monkeypatch.setattr(raw_tables, "load", losing)
    with pytest.raises(InvariantError):
        room.one(rows(1, 2, 3))
    assert room.con.execute("select count(*) from information_schema.tables").fetchone() == (0,)


def test_errors_of_the_engine_come_out_without_values():
    with duckdb.connect(":memory:") as con, pytest.raises(RunError) as caught:
        raw_tables.run_sql(con, "select ?::integer", ["anna@example.com"], what="test")
    assert "anna" not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_progress_ends_at_the_whole(room):
    room.deliver("a.csv", rows(*range(1000)))
    room.deliver("b.csv", rows(*range(2000)))
    calls = []
    room.con.execute("begin")
    ingest(room.con, room.project(), AS_OF, "run", lambda *call: calls.append(call))
    room.con.execute("rollback")
    done = [call[1] for call in calls]
    assert done == sorted(done)
    assert calls[-1][1] == calls[-1][2] == sum(path.stat().st_size for path in room.landing.iterdir())


def test_a_scratch_folder_left_by_a_killed_run_is_emptied(room):
    left = room.folder / ".rr_ingest" / "copy.csv"
    left.parent.mkdir()
    left.write_text("x")
    assert room.one(rows(1)).status == "loaded"


def test_into_a_warehouse_file_and_back(room, tmp_path):
    room.deliver("a.csv", rows(1, 2) + "short\n")
    path, published = tmp_path / "w.duckdb", tmp_path / "published"
    settings = {"memory_limit": "500MB", "threads": 2, "spill": tmp_path / "spill"}
    con = open_warehouse(path, published, **settings)
    con.execute("begin")
    ingest(con, room.project(), AS_OF, "one")
    con.execute("commit")
    con.close()
    con = open_warehouse(path, published, **settings)
    con.execute("begin")
    assert [one.status for one in ingest(con, room.project(), AS_OF, "two").files] == ["known"]
    con.execute("commit")
    assert con.execute("select Id from raw.leads order by _row").fetchall() == [("1",), ("2",)]
    assert con.execute("select code from ops.quarantine").fetchall() == [("RAGGED_ROW",)]
    con.close()
