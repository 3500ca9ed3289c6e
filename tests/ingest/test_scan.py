"""The tokenizer against Python's csv module, at any size of block, and through to the database."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rr_pipeline.config import ProjectSettings
from rr_pipeline.ingest import raw_tables
from rr_pipeline.ingest.csv_reader import CsvScan
from rr_pipeline.ingest.parts import Parts
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.results import FileRefusedError
from tests.effort import examples

LIMITS = ProjectSettings.model_validate({"name": "t"}).limits
PIECES = ["a", "bc", "é", " ", ",", ",", ";", '"', '"', '""', "\n", "\n", "\r\n", "\r", "\t", "\x00", "1", "'"]


@pytest.fixture(scope="session")
def scan_text(make_source):
    default = make_source(mapping={"item_id": "A", "created_at": "B"})
    return lambda text, block, source=default: run_scan(text, block, source)


def run_scan(text, block, source):
    data = text.encode()
    parts, rejects = Parts(Path("unused")), Rejects("key")
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    result = CsvScan(source, "f.csv", LIMITS, rejects, parts).run(blocks)
    batches = list(parts.take())
    for batch in batches:
        batch.validate(full=True)
    rows = [tuple(row.values()) for batch in batches for row in batch.to_pylist()]
    return SimpleNamespace(result=result, rejects=rejects, rows=rows, batches=batches)


def oracle(text, delimiter=","):
    """Records of Python's csv module with blank lines left out."""
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def reject_codes(rejects):
    return {row: code for frame in rejects.frames() for row, code in frame.select("row_number", "code").iter_rows()}


@settings(max_examples=examples(400), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.lists(st.sampled_from(PIECES), max_size=40).map("".join), block=st.integers(1, 64))
def test_records_are_those_of_the_csv_module(text, block, scan_text):
    text = "A,B,C\n" + text
    try:
        scanned = scan_text(text, block)
    except FileRefusedError as error:
        # The csv module reads on to the end of the file; we say where the quote was opened.
        assert (error.code, '"' in text) == ("QUOTE_UNCLOSED", True)  # noqa: PT017
        return
    codes = reject_codes(scanned.rejects)
    records = oracle(text)[1:]
    assert scanned.result.row_count == len(records)
    good = {number: row for number, row in enumerate(records, start=1) if number not in codes}
    taken = {row: [cell or "" for cell in cells] for row, *cells in scanned.rows}
    assert taken == good
    assert len(scanned.rows) == scanned.result.loaded_count
    for number, row in enumerate(records, start=1):
        is_ragged = len(row) != 3
        has_control = any(letter in "".join(row) for letter in "\x00")
        assert number in codes or not (is_ragged or has_control)
        if codes.get(number) == "RAGGED_ROW":
            assert is_ragged
        if codes.get(number) == "CONTROL_CHAR":
            assert has_control


@settings(max_examples=examples(40), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join), delimiter=st.sampled_from([",", ";", "\t"]))
def test_the_database_holds_what_the_csv_module_reads(text, delimiter, make_source, scan_text):
    text = delimiter.join("ABC") + "\n" + text
    source = make_source(mapping={"item_id": "A", "created_at": "B"}, options={"delimiter": delimiter})
    try:
        scanned = scan_text(text, 1 << 20, source)
    except FileRefusedError:
        return
    with duckdb.connect(":memory:") as con:
        con.execute("create schema raw")
        raw_tables.ensure_table(con, source)
        raw_tables.add_columns(con, "leads", ["C"])
        if scanned.batches:
            raw_tables.load(con, "leads", [(7, batch) for batch in scanned.batches])
        rows = con.execute("select * from raw.leads order by _row").fetchall()
    codes = reject_codes(scanned.rejects)
    records = enumerate(oracle(text, delimiter)[1:], start=1)
    expected = [(7, number, *row) for number, row in records if number not in codes]
    assert [tuple("" if cell is None else cell for cell in row) for row in rows] == expected


@pytest.mark.parametrize("block", [1, 2, 3, 7, 1000])
def test_line_and_row_numbers_survive_blocks(block, scan_text):
    text = 'A,B\r\n1,"x\r\ny\rz"\r\n\r\n2\r\n3,4,5\n6,7'
    scanned = scan_text(text, block)
    assert reject_codes(scanned.rejects) == {2: "RAGGED_ROW", 3: "RAGGED_ROW"}
    messages = [row[0] for frame in scanned.rejects.frames() for row in frame.select("message").iter_rows()]
    assert ["line 6 " in messages[0], "line 7 " in messages[1]] == [True, True]
    assert scanned.rows == [(1, "1", "x\r\ny\rz"), (4, "6", "7")]


@pytest.mark.parametrize("block", [1, 5, 1000])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('A,B\n1,2\n3,"x\n4,5\n', 3),
        ('A,B\n1,"ok\n2"\n3,"x\n4,"y"\n', 4),
        ('A,B\n1,"', 2),
    ],
)
def test_unclosed_quote_is_refused_at_its_line(text, line, block, scan_text):
    with pytest.raises(FileRefusedError, match=f"line {line} ") as caught:
        scan_text(text, block)
    assert caught.value.code == "QUOTE_UNCLOSED"


def test_text_after_a_closing_quote_refuses_only_its_row(scan_text):
    scanned = scan_text('A,B\n1,"x" y\n2,"5"" pipe"\n3,z\n', 100)
    assert reject_codes(scanned.rejects) == {1: "QUOTE_INVALID"}
    assert scanned.rows == [(2, "2", '5" pipe'), (3, "3", "z")]


def test_an_empty_field_is_no_value_and_an_empty_quoted_one_is_an_empty_text(scan_text):
    assert scan_text('A,B\n,""\n"",\n"""",a"b\n', 4).rows == [(1, None, ""), (2, "", None), (3, '"', 'a"b')]


def test_without_quoting_a_quote_is_a_letter(make_source, scan_text):
    source = make_source(mapping={"item_id": "A", "created_at": "B"}, options={"quote": ""})
    scanned = scan_text('A,B\n"1,2"\n"""","\n', 3, source)
    assert scanned.rows == [(1, '"1', '2"'), (2, '""""', '"')]


def test_the_scan_runs_uncompiled():
    program = (
        "import numpy as np; from rr_pipeline.ingest import scan as s, cells; "
        'd = np.frombuffer(b\'1,"a\\n"\\n2\\n3,x"y\\n"q""r",\', np.uint8); c = np.zeros(s.COUNTERS, np.int64); '
        "c[s.NEXT_ROW] = c[s.NEXT_LINE] = 1; c[s.WIDTH] = 2; p, n = np.zeros(99, np.int32), np.zeros(9, np.int64); "
        "s.scan(d, len(d), True, s.classify(',', '\"'), 99, p, n, np.zeros((9, 6), np.int64), c); "
        "print(cells.batch_of(d, p, n[: c[s.TAKEN]], ['a', 'b'], 34).to_pydict(), c[s.FOUND])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    expected = {"_row": [1, 3, 4], "a": ["1", "3", 'q"r'], "b": ["a\n", 'x"y', None]}
    assert done.stdout.strip() == f"{expected} 1", done.stderr
