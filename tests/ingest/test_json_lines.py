"""JSON Lines become rows of text, digits as written."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rr_pipeline.ingest.json_values import _DECODER, as_text


@pytest.fixture
def json_room(room, make_source):
    room.sources = (make_source(location="*.jsonl*", format="jsonl"),)
    return room


def test_values_become_text_as_written(json_room):
    report = json_room.one(
        '{"Id": 12345678901234567890123, "Created": "2026-01-01", "Email": null, "x": 1.10, "y": 1E5, "z": -0}\r\n'
        "\n"
        '  {"Created":"", "Id":"00042", "tags": ["a", 1.0, {"b":"é\\n"}], "flag": true, "none": {} }  \n'
        '{"id": 42, "Flag": false, "Email": "two\\nlines"}',
        "a.jsonl",
    )
    assert (report.row_count, report.loaded_count, report.problems) == (3, 3, ())
    assert json_room.raw("_row, Id, Created, Email, x, y, z, tags, flag, none") == [
        (1, "12345678901234567890123", "2026-01-01", None, "1.10", "1E5", "-0", None, None, None),
        (2, "00042", "", None, None, None, None, '["a",1.0,{"b":"é\\n"}]', "true", "{}"),
        (3, "42", None, "two\nlines", None, None, None, None, "false", None),
    ]


BAD_LINES = [
    ('{"Id": 1', "JSON_INVALID", "is broken"),
    ("[1, 2]", "JSON_INVALID", "no object"),
    ('"text"', "JSON_INVALID", "no object"),
    ('{"Id": 1} {"Id": 2}', "JSON_INVALID", "is broken"),
    ('{"Id": 1, "Id": 2}', "JSON_INVALID", "twice"),
    ('{"Id": 1, "id": 2}', "JSON_INVALID", "twice"),
    ('{"Id": 1, "x": {"a": 1, "a": 2}}', "JSON_INVALID", "twice"),
    ('{"Id": NaN}', "JSON_INVALID", "NaN"),
    ('{"Id": 042}', "JSON_INVALID", "is broken"),
    ('{"Id": 1, "": 2}', "JSON_INVALID", "key"),
    ('{"Id": 1, "_row": 2, "_ROW": 3}', "JSON_INVALID", "twice"),
    ('{"Id": "' + "[" * 9, "JSON_INVALID", "is broken"),
    ("[" * 100_000, "JSON_INVALID", "too deep"),
    ('{"Id": "a\tb"}', "JSON_INVALID", "is broken"),
    ('{"Id": "\\ud800"}', "JSON_INVALID", "surrogate"),
    ('{"Id": "\\u0000"}', "CONTROL_CHAR", "control"),
    ('{"Id": 1, "x": {"y": "\\u001b"}}', "CONTROL_CHAR", "control"),
]


@pytest.mark.parametrize(("line", "code", "hint"), BAD_LINES)
def test_a_bad_line_is_refused_and_the_others_go_on(json_room, line, code, hint):
    report = json_room.one('{"Id": 1, "Created": "a", "Email": "b"}\n' + line + '\n{"Id": 3}\n', "a.jsonl")
    assert (report.row_count, report.loaded_count, report.rejected_count) == (3, 2, 1)
    assert json_room.rejects() == [(2, code)]
    ((message, item_id),) = json_room.rejects("message, item_id")
    assert item_id == ("1" if '"x": {"y"' in line else None)
    assert hint in message
    assert "line 2 " in message
    assert json_room.raw("_row") == [(1,), (3,)]


def test_keys_named_as_the_readers_columns_are_kept_under_another_name(json_room):
    line = '{"Id": 1, "Created": "a", "Email": "b", "_row": %s}\n'
    report = json_room.one(line % 7 + line.replace("_row", "_ROW") % 8, "a.jsonl")
    assert [(one.code, one.field) for one in report.problems] == [("HEADER_RESERVED", "_row")]
    assert json_room.raw('_row, Id, "_row (delivered)"') == [(1, "1", "7"), (2, "1", "8")]


def test_escaped_pairs_tabs_and_backslashes_are_fine(json_room):
    report = json_room.one('{"Id": "\\ud83d\\ude00", "Created": "\\t\\r\\n", "Email": "\\\\u0000 \\\\b"}', "a.jsonl")
    assert report.rejected_count == 0
    assert json_room.raw("Id, Created, Email") == [("😀", "\t\r\n", "\\u0000 \\b")]


def test_many_batches_with_growing_keys(json_room, monkeypatch):
    monkeypatch.setattr("rr_pipeline.ingest.json_lines.BATCH_ROWS", 2)
    lines = [f'{{"Id": {n}, "Created": "c", "Email": "e", "k{n // 3}": {n}}}' for n in range(10)]
    assert json_room.one("\n".join(lines), "a.jsonl").loaded_count == 10
    assert json_room.raw("_row, Id, coalesce(k0, k1, k2, k3)") == [(n + 1, str(n), str(n)) for n in range(10)]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ('[{"Id": 1},\n {"Id": 2}]', "JSON_NOT_LINES"),
        ('{"Key": 1, "Created": 1}\n', "COLUMN_MISSING"),
        ('{"Id": 1, "Created": 1, "Email": "' + "x" * 2_000_000 + '"}', "FIELD_TOO_LONG"),
        ('{"Id": 1, "Created": 1, ' + ", ".join(f'"k{n}": 1' for n in range(2000)) + "}", "TOO_MANY_COLUMNS"),
        ('{"Id": 1, "Created": "é"}'.encode("latin-1"), "FILE_ENCODING"),
        (b"PAR1" + b"\0" * 99, "FILE_NOT_TEXT"),
    ],
)
def test_refused_whole(json_room, code_of, content, code):
    assert code_of(json_room.one(content, "a.jsonl")) == code
    assert json_room.raw() == []


def test_no_message_quotes_a_key(json_room):
    report = json_room.one('{"Idd": 1, "Emil@x.com": "e"}\n', "a.jsonl")
    said = str(report.problems) + str(json_room.files("message"))
    assert "'Id' is missing." in said
    assert not any(key in said for key in ("Idd", "Emil"))


def test_a_column_that_no_record_has_is_a_warning(json_room):
    report = json_room.one('{"Id": 1, "Created": "c"}', "a.jsonl")
    assert [(one.code, one.field) for one in report.problems] == [("COLUMN_MISSING", "Email")]
    assert json_room.raw() == [(1, "1", "c", None)]


def test_empty_and_packed(json_room):
    assert json_room.one("\n \n", "a.jsonl").status == "empty"
    json_room.deliver("b.jsonl.gz", gzip.compress(b'\xef\xbb\xbf{"Id": 1, "Created": "c", "Email": "e"}'))
    assert sorted(one.status for one in json_room.ingest().files) == ["known", "loaded"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(value=VALUES)
def test_nested_text_says_the_same(value):
    import json

    text = as_text(_DECODER.decode(json.dumps(value)))
    if isinstance(value, str) or value is None:
        assert text == value
    else:
        assert json.loads(text) == value
