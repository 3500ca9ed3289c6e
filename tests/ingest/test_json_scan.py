"""The compiled pass over JSON Lines against the careful reader: the same rows and refusals, line by line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rr_pipeline.config import ProjectSettings
from rr_pipeline.ingest import json_scan
from rr_pipeline.ingest.json_lines import JsonScan
from rr_pipeline.ingest.parts import Parts
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.results import FileRefusedError
from tests.effort import examples

LIMITS = ProjectSettings.model_validate({"name": "t", "limits": {"max_field_bytes": "64KB"}}).limits
FIRST = '{"A": "1", "B": 2, "é": null, "c d": true}'
KEYS = ["A", "B", "é", "c d", "a", "D", "A\\u0042", 'q\\"', ""]
VALUES = [
    '""', '"x"', '"é大😀"', '"a\\"b\\\\/\\/\\n\\r\\t"', '"\\u00e9\\u5927 \\u0041"', '"\\ud83d\\ude00"', '"\\ud83d"',
    '"\\b"',
    '"\\u0009"', '"\\u001b"', '"\\u007f"', '"\x7f"', '"tab\t"', '"\\x41"', '"\\u12"', '"open', "0", "-0", "42", "042",
    "1.10", "1.", ".5", "-", "-1.5e-7", "1E5", "1.23E+15", "1e", "99999999999999999999999", "true", "false", "null",
    "True", "nul", "NaN", "-Infinity", "[]", "{}", '[1, 2.50, "a"]', '{"k": {"k": 1}}', '{"k": 1, "k": 2}', "",
]  # fmt: skip
BLANKS = st.sampled_from(["", "", "", " ", "\t", "  ", "\r"])
PAIRS = st.tuples(BLANKS, st.sampled_from(KEYS), BLANKS, BLANKS, st.sampled_from(VALUES), BLANKS).map(
    lambda one: f'{one[0]}"{one[1]}"{one[2]}:{one[3]}{one[4]}{one[5]}'
)
OBJECTS = st.lists(PAIRS, max_size=5).map(lambda pairs: "{" + ",".join(pairs) + "}")
LINES = st.one_of(
    st.just(FIRST),
    st.tuples(BLANKS, OBJECTS, BLANKS).map("".join),
    st.sampled_from(
        ["", " ", "\r", "[]", "1", '{"A": 1,}', '{"A" 1}', '{"A": 1 "B": 2}', '{"A": 1}}', '{"A": 1', "{", "}"]
    ),
)


@pytest.fixture(scope="session")
def source(make_source):
    return make_source(mapping={"item_id": "A", "created_at": "B"}, format="jsonl")


def outcome(text, block, source):
    """(rows by number without what is null, columns, refused rows) or the code and message of the refusal."""
    data = text.encode()
    parts, rejects = Parts(Path("unused")), Rejects("key")
    blocks = (data[at : at + block] for at in range(0, len(data), block))
    try:
        found = JsonScan(source, "f.jsonl", LIMITS, rejects, parts).run(blocks)
    except FileRefusedError as error:
        return error.code, error.message, error.row
    rows = {}
    for batch in parts.take():
        batch.validate(full=True)
        for row in batch.to_pylist():
            number = row.pop("_row")
            rows[number] = {name: cell for name, cell in row.items() if cell is not None}
    assert (len(rows), sum(rows)) == (found.loaded_count, found.loaded_row_sum)
    assert found.row_count == found.loaded_count + rejects.count
    refused = [row for frame in rejects.frames() for row in frame.rows()]
    return rows, found.columns, refused, found.warnings


@settings(max_examples=examples(300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=st.lists(LINES, max_size=8), block=st.integers(1, 200), is_whole=st.booleans())
@example(lines=[FIRST, FIRST.replace("null", '"\\u00e9\\n"')] * 3, block=1 << 20, is_whole=True)
def test_plain_lines_are_those_of_the_careful_reader(lines, block, is_whole, source):
    text = "\n".join([FIRST, *lines]) + ("\n" if is_whole else "")
    taken = outcome(text, block, source)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_scan, "scan_lines", lambda *_: None)
        assert taken == outcome(text, block, source)


def test_the_careful_reader_is_asked_for_new_keys_only(source, monkeypatch):
    asked, careful = [], JsonScan._take_line
    monkeypatch.setattr(JsonScan, "_take_line", lambda self, line: (asked.append(line), careful(self, line)))
    lines = [json.dumps({"A": n, "B": f"text é {n}", **({"C": None} if n % 3 else {})}) for n in range(1000)]
    rows, columns, refused, _ = outcome("\n".join(lines), 1 << 20, source)
    assert [json.loads(line)["A"] for line in asked] == [0, 1]
    assert (columns, refused, len(rows)) == (("A", "B", "C"), [], 1000)
    assert rows[1000] == {"A": "999", "B": "text é 999"}


def test_more_lines_than_one_call_takes(source, monkeypatch):
    monkeypatch.setattr("rr_pipeline.ingest.json_lines._PLAIN_CELLS", 10)
    lines = [f'{{"A": {n}, "B": "b"}}\n{{"A": {n}, "B": [{n}]}}' for n in range(50)]
    rows, *_ = outcome("\n".join(lines), 97, source)
    assert rows == {n + 1: {"A": str(n // 2), "B": f"[{n // 2}]" if n % 2 else "b"} for n in range(100)}


def test_a_long_line_is_looked_at_cell_by_cell(source):
    fine, long = "x" * 40_000, "x" * 70_000
    rows, *_ = outcome(FIRST + f'\n{{"A": "{fine}", "B": "{fine}"}}', 1 << 20, source)
    assert rows[2] == {"A": fine, "B": fine}
    assert outcome(FIRST + f'\n{{"A": "{long}", "B": 1}}', 1 << 20, source)[0] == "FIELD_TOO_LONG"


def test_the_pass_runs_uncompiled():
    program = (
        "import numpy as np; from rr_pipeline.ingest import json_scan as s, cells; "
        'd = np.frombuffer(b\'{"a": "x\\\\u00e9\\\\n", "b" : -1.50}\\n\\n{"b":null}\\n{"c":1}\', np.uint8); '
        "c = np.zeros(s.COUNTERS, np.int64); k = s.Keys([('a', 0), ('b', 1)]); "
        "p, n = np.zeros(99, np.int32), np.zeros(9, np.int64); "
        "s.scan_lines(d, len(d), True, k.text, k.ends, k.places, 2, 99, p, n, c); "
        "print(cells.batch_of(d, p, n[: c[s.TAKEN]], ['a', 'b'], cells.BACKSLASH).to_pydict(), c.tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=False,
        text=True,
    )
    expected = {"_row": [0, 1], "a": ["xé\n", None], "b": ["-1.50", None]}
    assert done.stdout.strip() == f"{expected} [44, 2, 2, 3]", done.stderr
