"""Rows on their way: what fits no memory waits in a file, and inserts take many files at once."""

from __future__ import annotations

import threading

import duckdb
import pyarrow as pa
import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.ingest import raw_tables
from rr_pipeline.ingest.loader import loading
from rr_pipeline.ingest.parts import Parts

HEADER = "Id,Created,Email\n"


def batch(first, count, **columns):
    numbers = range(first, first + count)
    cells = {name: [f"{word}{n}" for n in numbers] for name, word in columns.items()}
    return pa.RecordBatch.from_pydict({"_row": list(numbers), **cells})


def test_parts_beyond_the_memory_come_back_in_order_and_leave_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("rr_pipeline.ingest.parts.MEMORY_BYTES", 200)
    parts = Parts(tmp_path / "rows.arrow")
    given = [batch(1, 3, A="é"), batch(4, 20, A="b" * 50, B="c"), batch(24, 1, B="d")]
    for one in given:
        parts.add(one)
    assert (tmp_path / "rows.arrow").exists()
    assert list(parts.take()) == given
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def con(make_source):
    with duckdb.connect(":memory:") as connection:
        connection.execute("create schema raw")
        for name in ("one", "two"):
            raw_tables.ensure_table(connection, make_source(name))
        yield connection


@pytest.mark.parametrize("size", [1, 500, 1 << 20])
def test_batches_of_several_files_and_sources(con, monkeypatch, size):
    monkeypatch.setattr("rr_pipeline.ingest.loader.WAITING_BYTES", size)
    with loading(con) as loader:
        loader.add("one", 1, ["Id", "Extra"], [batch(1, 2, Id="a", Extra="x"), batch(3, 1, Id="b")])
        loader.add("two", 2, ["ID"], [batch(1, 30, ID="c")])
        loader.add("one", 3, ["EXTRA", "id"], [batch(1, 2, EXTRA="y", id="d")])
        loader.add("two", 4, ["New"], [])
    rows = con.execute("select _file_id, _row, Id, Extra, Email from raw.one order by all").fetchall()
    assert rows == [
        (1, 1, "a1", "x1", None), (1, 2, "a2", "x2", None), (1, 3, "b3", None, None), (3, 1, "d1", "y1", None),
        (3, 2, "d2", "y2", None),
    ]  # fmt: skip
    assert con.execute("select count(*), sum(_row), max(New) from raw.two").fetchall() == [(30, 465, None)]


def test_an_error_of_an_insert_ends_the_block(con, monkeypatch):
    def failing(*_):
        raise RunError("the disk is full")

    monkeypatch.setattr(raw_tables, "load", failing)
    before = threading.active_count()
    with pytest.raises(RunError, match="disk is full"), loading(con) as loader:
        loader.add("one", 1, ["Id"], [batch(1, 2, Id="a")])
    assert threading.active_count() == before


def test_a_file_larger_than_the_memory_allowed(room, monkeypatch):
    monkeypatch.setattr("rr_pipeline.ingest.parts.MEMORY_BYTES", 10_000)
    monkeypatch.setattr("rr_pipeline.ingest.loader.WAITING_BYTES", 20_000)
    monkeypatch.setattr("rr_pipeline.ingest.stream.BLOCK_BYTES", 3_000)
    room.deliver("a.csv", HEADER + "".join(f'{n},"a ""b""",\n' for n in range(5000)))
    room.deliver("b.csv", HEADER + "".join(f"{n},,x{n}\n" for n in range(5000)) + "short\n")
    assert [one.loaded_count for one in room.ingest().files] == [5000, 5000]
    query = "select count(*), count(distinct Id), count(Email), count(distinct Created), max(Created) from raw.leads"
    assert room.con.execute(query).fetchall() == [(10_000, 5000, 5000, 1, 'a "b"')]


def test_a_refused_file_larger_than_the_memory_leaves_nothing(room, monkeypatch, code_of):
    monkeypatch.setattr("rr_pipeline.ingest.parts.MEMORY_BYTES", 10_000)
    report = room.one(HEADER + "1,2,3\n" * 100_000 + '1,"2,3\n')
    assert code_of(report) == "QUOTE_UNCLOSED"
    assert room.raw() == []
