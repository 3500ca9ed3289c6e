from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import yaml

from rr_pipeline.config import yaml_reader
from rr_pipeline.config.yaml_reader import MAX_BYTES, dotted, read_yaml, substitute_secrets


@pytest.fixture(params=["CBaseLoader", "BaseLoader"])
def read(request, tmp_path: Path, monkeypatch):
    if not hasattr(yaml, request.param):
        pytest.skip("PyYAML was built without libyaml here")
    monkeypatch.setattr(yaml_reader, "_LOADER", getattr(yaml, request.param))

    def run(text: str | bytes):
        path = tmp_path / "x.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return read_yaml(path, "x.yaml")

    return run


def test_every_scalar_is_text(read):
    text = "a: NO\nb: 17:30\nc: 1.10\nd: 0x1F\ne: ~\nf: true\ng: 2026-01-01\n"
    text += 'h: "quoted"\ni: |\n  block\nj: 1_000\nk: .inf\n'
    document, problems = read(text)
    assert not problems
    assert document.data == {
        "a": "NO",
        "b": "17:30",
        "c": "1.10",
        "d": "0x1F",
        "e": "~",
        "f": "true",
        "g": "2026-01-01",
        "h": "quoted",
        "i": "block\n",
        "j": "1_000",
        "k": ".inf",
    }


def test_nothing_after_the_colon_is_none_and_quoted_emptiness_is_text(read):
    document, _ = read("a:\nb: ''\nc: [\"\", x]\n")
    assert document.data == {"a": None, "b": "", "c": ["", "x"]}


def test_lines_of_keys_items_and_nested_values(read):
    document, _ = read("# note\na:\n  b:\n    - x\n    - {c: 1,\n       d: 2}\nend: 1\n")
    assert [document.line_of(path) for path in [("a",), ("a", "b"), ("a", "b", 0), ("a", "b", 1, "d"), ("end",)]] == [
        2,
        3,
        4,
        6,
        7,
    ]
    assert document.line_of(("a", "b", 1, "missing")) == 5
    assert dotted(("a", "b", 1, "d")) == "a.b[1].d"


def test_byte_order_mark_is_accepted(read):
    document, problems = read(b"\xef\xbb\xbfname: x\n")
    assert (document.data, problems) == ({"name": "x"}, [])


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "---\n...\n"])
def test_an_empty_file_is_an_empty_document(read, text):
    document, problems = read(text)
    assert (document.data, problems) == (None, [])


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("a: &x 1\n", "YAML_ANCHOR", 1),
        ("ok: 1\na: *x\n", "YAML_ALIAS", 2),
        ("a: [1, 2]\nb: &anchor {c: 1}\n", "YAML_ANCHOR", 2),
        ("a: !!python/object/apply:os.system [ls]\n", "YAML_TAG", 1),
        ("a: !!str 1\n", "YAML_TAG", 1),
        ("a: ! 1\n", "YAML_TAG", 1),
        ("a:\n  <<: {b: 1}\n", "YAML_MERGE", 2),
        ("? [a, b]\n: 1\n", "YAML_KEY", 1),
        ("'': 1\n", "YAML_KEY", 1),
        ("a: 1\n---\nb: 2\n", "YAML_SEVERAL_DOCUMENTS", 2),
        ("a: 1\n b: 2\n", "YAML_SYNTAX", 2),
        ("a: [1, 2\n", "YAML_SYNTAX", 2),
        ("a: 'open\n", "YAML_SYNTAX", None),
        ("a: 1\n\tb: 2\n", "YAML_SYNTAX", 2),
        ("a: \x07bell\n", "YAML_SYNTAX", None),
        (b"a: 1\nb: \x00\n", "FILE_NOT_TEXT", 2),
        ("a: 1\n".encode("utf-16"), "FILE_NOT_TEXT", 1),
        (b"a: 1\nb: caf\xe9\n", "FILE_ENCODING", 2),
        ("a:" + " [" * 25, "YAML_TOO_DEEP", 1),
        ("[" * 200_000, "YAML_TOO_DEEP", 1),
        ("a: " + "x" * MAX_BYTES, "FILE_TOO_LARGE", None),
    ],
)
def test_refused_text(read, text, code, line):
    started = time.monotonic()
    document, problems = read(text)
    assert document is None
    assert [problem.code for problem in problems] == [code]
    assert line is None or problems[0].row == line
    assert time.monotonic() - started < 5


def test_a_tab_is_named(read):
    (problem,) = read("a:\n\tb: 2\n")[1]
    assert (problem.row, problem.message) == (2, "a tab stands where YAML wants blanks; indent with blanks")


def test_alias_bomb_is_refused_at_once(read):
    bomb = "a: &a [x, x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]\n" for n in range(9)
    )
    document, problems = read(bomb)
    assert document is None
    assert problems[0].code == "YAML_ANCHOR"


def test_twenty_levels_are_read(read):
    document, problems = read("a: " + "[" * 19 + "]" * 19)
    assert not problems
    assert document is not None


def test_repeated_keys_keep_the_first_and_are_all_named(read):
    document, problems = read("a: 1\nb: {x: 1, x: 2}\na:\n  deep: {y: 1, y: 2}\n")
    assert document.data == {"a": "1", "b": {"x": "1"}}
    assert [(problem.code, problem.row, problem.field) for problem in problems] == [
        ("YAML_REPEATED_KEY", 2, "b.x"),
        ("YAML_REPEATED_KEY", 3, "a"),
        ("YAML_REPEATED_KEY", 4, "a.deep.y"),
    ]
    assert "line 1" in problems[1].message
    assert document.line_of(("a",)) == 1


def test_a_missing_file_a_folder_and_a_pipe_are_told_not_raised(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    codes = {name: read_yaml(tmp_path / name, name)[1][0].code for name in ("missing", "folder", "pipe")}
    assert codes == {"missing": "FILE_UNREADABLE", "folder": "FILE_NOT_REGULAR", "pipe": "FILE_NOT_REGULAR"}


def test_secrets_are_resolved_apart_from_the_document(read):
    document, _ = read("key: ${MY_KEY}\nother: plain\n")
    found, problems = substitute_secrets(document, frozenset({("key",)}), {"MY_KEY": "s3cret"})
    assert (found, problems) == ({("key",): "s3cret"}, [])
    assert document.data["key"] == "${MY_KEY}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("key: s3cret-literal\n", "LITERAL_SECRET"),
        ("key: pre${MY_KEY}\n", "LITERAL_SECRET"),
        ("key: $MY_KEY\n", "LITERAL_SECRET"),
        ("key: ${NOT_SET}\n", "ENV_MISSING"),
        ("key: ${EMPTY}\n", "ENV_MISSING"),
        ("name: ${MY_KEY}\n", "ENV_NOT_ALLOWED"),
        ("list: [a, 'b ${MY_KEY}']\n", "ENV_NOT_ALLOWED"),
    ],
)
def test_secret_problems_never_quote_a_value(read, text, code):
    document, _ = read(text)
    found, problems = substitute_secrets(document, frozenset({("key",)}), {"MY_KEY": "s3cret", "EMPTY": ""})
    assert found == {}
    assert [problem.code for problem in problems] == [code]
    assert "s3cret" not in str(problems[0])
