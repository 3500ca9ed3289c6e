"""The mapping of a source: which cell a canonical column gets, as clean text."""

from __future__ import annotations

import pytest

from rr_pipeline.config import ColumnRule, RowFilter
from rr_pipeline.errors import RefusedError
from rr_pipeline.staging.mapping_sql import mapped_select
from rr_pipeline.staging.staging import stage

from .conftest import load_raw, make_project, make_source, open_memory, stage_rows, staged


def companies(cases: list[tuple[ColumnRule, dict[str, str | None]]], **fields: object) -> list[object]:
    """Stage one row a case, each in a source of its own, and return what became of the company."""
    con = open_memory()
    sources = []
    for number, (rule, row) in enumerate(cases, start=1):
        mapping = {"item_id": ColumnRule(columns=("item_id",)), "company": rule}
        sources.append(make_source(f"s{number:03}", mapping=mapping, **fields))
        load_raw(con, f"s{number:03}", [{"item_id": "1", **row}], number)
    stage(con, make_project(*sources), list(range(1, len(cases) + 1)))
    return [row["company"] for row in staged(con)]


RULES: list[tuple[dict[str, object], dict[str, str | None], str | None]] = [
    ({"columns": ["A"]}, {"A": "x"}, "x"),
    ({"columns": ["a"]}, {"A": "x"}, "x"),
    ({"columns": ["A", "B"]}, {"A": " ", "B": "y"}, "y"),
    ({"columns": ["A", "B"]}, {"A": "NULL", "B": "y"}, "y"),
    ({"columns": ["A", "B"], "combine": "join"}, {"A": "x", "B": "y"}, "x y"),
    ({"columns": ["A", "B"], "combine": "join"}, {"A": "", "B": "y"}, "y"),
    ({"columns": ["A", "B"], "combine": "join"}, {"A": "", "B": None}, None),
    ({"columns": ["Gone", "B"], "any_of": True}, {"B": "y"}, "y"),
    ({"columns": ["Gone"], "any_of": True}, {"B": "y"}, None),
    ({"columns": ["Gone"], "any_of": True, "default": "d"}, {"B": "y"}, "d"),
    ({"value": "web"}, {}, "web"),
    ({"columns": ["A"], "values": {"True": "yes", "0": "no"}}, {"A": " TRUE "}, "yes"),
    ({"columns": ["A"], "values": {"0": "no"}}, {"A": "1"}, "1"),
    ({"columns": ["A"], "values": {"0": "no"}, "default": "d"}, {"A": "1"}, "d"),
    ({"columns": ["A"], "values": {"0": "no"}, "default": "d"}, {"A": ""}, "d"),
    ({"columns": ["A"], "values": {"-": "none"}}, {"A": "-"}, "none"),
    ({"columns": ["A"], "values": {"9999": ""}}, {"A": "9999"}, None),
    ({"columns": ["A"], "default": "d"}, {"A": "n/a"}, "d"),
]


def test_column_rules() -> None:
    found = companies([(ColumnRule.model_validate(rule), row) for rule, row, _ in RULES])
    assert list(zip(RULES, found, strict=True)) == [(case, case[2]) for case in RULES]


CELLS = [
    ("  Ada \t\r\n", "Ada"),
    ("\u00a0Ada\u2003", "Ada"),
    ("\ufeffAda\u200b", "Ada"),
    ("\u200e\u2066Ada".replace("\u2066", "\u2060"), "Ada"),
    ("Z\u200co\u200de", "Z\u200co\u200de"),  # joiners inside a word belong to it
    ("Zoe\u0301", "Zo\u00e9"),
    ("\u200b", None),
    ("", None),
    ("NULL", None),
    ("null", None),
    ("Null", "Null"),  # a name, too
    (" N/A ", None),
    ("-", None),
    ("--", "--"),
    ("日本語", "日本語"),
    ("=1+1", "=1+1"),
    ("'; drop table x; --", "'; drop table x; --"),
    ("<b>x</b>", "<b>x</b>"),
]


def test_cells_are_tidied_and_nothing_else() -> None:
    mapping = {"company": ColumnRule(columns=("A",))}
    found = [row["company"] for row in stage_rows([{"A": cell} for cell, _ in CELLS], mapping=mapping)]
    assert list(zip(CELLS, found, strict=True)) == [(case, case[1]) for case in CELLS]


def test_null_values_are_those_of_the_source() -> None:
    rule = ColumnRule(columns=("A",))
    cases = [(rule, {"A": cell}) for cell in ("-", "UNKNOWN", "unknown", "it's", "Unknown")]
    assert companies(cases, options={"null_values": ("unknown", "it's")}) == ["-", None, None, None, "Unknown"]


def test_names_and_constants_are_only_ever_data() -> None:
    names = ['a"b', "a'b", "x; drop schema raw", "select", "Ærlig talt", "a\\b", "%s {0} $1"]
    assert companies([(ColumnRule(columns=(name,)), {name: "x"}) for name in names]) == ["x"] * len(names)
    assert companies([(ColumnRule(value=name), {}) for name in names]) == names
    rules = [(ColumnRule(columns=("A",), values={name: name}), {"A": name.upper()}) for name in names]
    assert companies(rules) == names


def test_a_missing_column_is_named_without_a_name_of_the_files() -> None:
    """Columns of the raw layer may be keys of records, such as an address."""
    source = make_source(mapping={"item_id": ColumnRule(columns=("Identity",))})
    with pytest.raises(RefusedError, match=r"COLUMN_MISSING.*'Identity'") as refused:
        mapped_select(source, ("item_id",), ["Identitty", "Name"], [(1, 1)])
    assert "Identitty" not in str(refused.value)


def test_rows_of_other_kinds_are_left_out() -> None:
    rows = [{"item_id": "1", "Field": " owner "}, {"item_id": "2", "Field": "Status"}, {"item_id": "3", "Field": None}]
    mapping = {"item_id": ColumnRule(columns=("item_id",))}
    kept = RowFilter(columns=("Gone", "Field"), values=("Owner",), any_of=True)
    assert [row["item_id"] for row in stage_rows(rows, mapping=mapping, only_rows=(kept,))] == ["1"]
    nothing = RowFilter(columns=("Gone",), values=("Owner",), any_of=True)
    assert len(stage_rows(rows, mapping=mapping, only_rows=(nothing,))) == 3


def test_only_new_files_are_staged_with_their_batch() -> None:
    con = open_memory()
    for file_id in (1, 2, 3):
        load_raw(con, "feed", [{"item_id": f"i{file_id}"}], file_id)
    load_raw(con, "other", [{"item_id": "o4"}], 4)
    project = make_project(make_source(columns=("item_id",)), make_source("other", columns=("item_id",)))
    stage(con, project, [2, 3, 4])
    found = [(row["source"], row["file_id"], row["ingest_batch"], row["item_id"]) for row in staged(con)]
    assert found == [("feed", 2, 2, "i2"), ("feed", 3, 3, "i3"), ("other", 4, 4, "o4")]
    stage(con, project, [])
    assert staged(con) == []
