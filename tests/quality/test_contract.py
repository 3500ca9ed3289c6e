"""Every expectation in use, against brute force in Python: Great Expectations and the SQL must both agree with it.

``run_suite`` itself compares Great Expectations with the SQL; here both are compared with a third, slow opinion.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rr_pipeline.quality import load_suite, run_suite
from rr_pipeline.quality.rules_sql import ALLOWED, ROW_RULES
from rr_pipeline.shipped import expectations_folder
from tests.effort import examples

COLUMNS = ("word", "end", "start", "size", "at")
START = datetime(2026, 1, 1, tzinfo=UTC)
# Quotes, marks of bound values, line ends, combining letters and letters beyond the first plane all have to survive.
WORDS = ["", "a", "b", "ab", "É", "E\u0301", "😀", "a'b", 'a"b', ":x", "?", "$1", "%", "_", "\\", "a\n", " a", "null"]
REGEXES = ["^[a-z]+$", "^.$", "'", '"', "\\\\", "^[^\\x00-\\x1f]*$", "[😀É]", "^$", ":x|\\?|\\$1"]


def instant(microseconds: int) -> datetime:
    return START + timedelta(microseconds=microseconds)


words = st.one_of(st.none(), st.sampled_from(WORDS))
integers = st.one_of(st.none(), st.integers(-3, 3))
floats = st.one_of(st.none(), st.sampled_from([-1.5, 0.0, -0.0, 2.0, math.nan, math.inf, -math.inf]))
instants = st.one_of(st.none(), st.integers(-3, 3).map(instant))
tables = st.lists(st.tuples(words, integers, integers, floats, instants), max_size=8)
sides = st.sampled_from(["min", "max", "both"])
bounds = st.tuples(st.integers(-3, 3), st.integers(0, 4), st.booleans(), st.booleans(), sides)


def span(drawn: tuple[int, int, bool, bool, str], shift: Any = None) -> dict[str, Any]:
    """Bounds from a drawn tuple; ``shift`` turns a number into a value of the column's type."""
    low, width, strict_min, strict_max, bounded = drawn
    value = shift or (lambda number: number)
    found: dict[str, Any] = {}
    if bounded != "max":
        found |= {"min_value": value(low), "strict_min": strict_min}
    if bounded != "min":
        found |= {"max_value": value(low + width), "strict_max": strict_max}
    return found


def order_key(value: Any) -> tuple[bool, Any]:
    """DuckDB's order of numbers: NaN is above all, and equal to itself."""
    is_nan = isinstance(value, float) and math.isnan(value)
    return (is_nan, 0 if is_nan else value)


def outside(value: Any, kwargs: dict[str, Any]) -> bool:
    key = order_key(value)
    low, high = kwargs.get("min_value"), kwargs.get("max_value")
    below = low is not None and (key < order_key(low) or (kwargs.get("strict_min") and key == order_key(low)))
    above = high is not None and (key > order_key(high) or (kwargs.get("strict_max") and key == order_key(high)))
    return bool(below or above)


def failing(kind: str, kwargs: dict[str, Any], rows: list[dict[str, Any]]) -> int:
    """How many rows fail, the slow way. Nulls are looked at by the two rules about null only."""
    if kind == "expect_table_row_count_to_be_between":
        return int(outside(len(rows), kwargs))
    if kind == "expect_table_columns_to_match_set":
        return int(not set(kwargs["column_set"]) <= set(COLUMNS))
    if kind == "expect_column_pair_values_a_to_be_greater_than_b":
        pairs = [(row[kwargs["column_A"]], row[kwargs["column_B"]]) for row in rows]
        return sum(not (a > b or (kwargs["or_equal"] and a == b)) for a, b in pairs if None not in (a, b))
    if kind == "expect_compound_columns_to_be_unique":
        keys = [tuple(row[name] for name in kwargs["column_list"]) for row in rows]
        return sum(count for key, count in Counter(keys).items() if count > 1 and None not in key)
    values = [row[kwargs["column"]] for row in rows]
    if kind == "expect_column_values_to_be_null":
        return sum(value is not None for value in values)
    if kind == "expect_column_values_to_not_be_null":
        return sum(value is None for value in values)
    there = [value for value in values if value is not None]
    if kind == "expect_column_values_to_be_unique":
        return sum(count for count in Counter(there).values() if count > 1)
    tests = {
        "expect_column_values_to_match_regex": lambda v: not _found(kwargs["regex"], v),
        "expect_column_values_to_not_match_regex": lambda v: _found(kwargs["regex"], v),
        "expect_column_values_to_be_in_set": lambda v: v not in kwargs["value_set"],
        "expect_column_values_to_not_be_in_set": lambda v: v in kwargs["value_set"],
        "expect_column_values_to_be_between": lambda v: outside(v, kwargs),
        "expect_column_value_lengths_to_be_between": lambda v: outside(len(v), kwargs),
    }
    return sum(bool(tests[kind](value)) for value in there)


def _found(regex: str, value: str) -> bool:
    """Python's ``$`` also matches before a last line end, which RE2's does not."""
    return re.search(regex.replace("$", "\\Z") if not regex.endswith("\\$1") else regex, value) is not None


@st.composite
def suites(draw: st.DrawFn) -> list[tuple[str, dict[str, Any]]]:
    """One expectation of every kind in use, with random arguments."""
    word_sets = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True)
    number_sets = st.lists(st.integers(-3, 3), min_size=1, max_size=4, unique=True)
    columns = st.sampled_from(COLUMNS)
    column_sets = st.lists(st.sampled_from([*COLUMNS, "absent"]), min_size=1, max_size=3, unique=True)
    keys = st.sampled_from([["word", "end"], ["start", "end", "at"]])
    low, *rest = draw(bounds)
    pair = {"column_A": "end", "column_B": "start", "ignore_row_if": "either_value_is_missing"}
    return [
        ("expect_table_row_count_to_be_between", {"min_value": draw(st.integers(0, 4))}),
        ("expect_table_columns_to_match_set", {"column_set": draw(column_sets), "exact_match": False}),
        ("expect_column_values_to_be_null", {"column": draw(columns)}),
        ("expect_column_values_to_not_be_null", {"column": draw(columns)}),
        ("expect_column_values_to_match_regex", {"column": "word", "regex": draw(st.sampled_from(REGEXES))}),
        ("expect_column_values_to_not_match_regex", {"column": "word", "regex": draw(st.sampled_from(REGEXES))}),
        ("expect_column_values_to_be_in_set", {"column": "word", "value_set": draw(word_sets)}),
        ("expect_column_values_to_be_in_set", {"column": "start", "value_set": draw(number_sets)}),
        ("expect_column_values_to_not_be_in_set", {"column": "word", "value_set": draw(word_sets)}),
        ("expect_column_values_to_be_between", {"column": "end", **span(draw(bounds))}),
        ("expect_column_values_to_be_between", {"column": "size", **span(draw(bounds), float)}),
        ("expect_column_values_to_be_between", {"column": "at", **span(draw(bounds), instant)}),
        ("expect_column_value_lengths_to_be_between", {"column": "word", **span((abs(low), *rest))}),
        ("expect_column_pair_values_a_to_be_greater_than_b", {**pair, "or_equal": draw(st.booleans())}),
        ("expect_column_values_to_be_unique", {"column": draw(st.sampled_from(["word", "end", "at"]))}),
        ("expect_compound_columns_to_be_unique", {"column_list": draw(keys), "ignore_row_if": "any_value_is_missing"}),
    ]


def as_parameters(rules: list[tuple[str, dict[str, Any]]]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """(expectations as the file has them, parameters): instants and the floor cannot stand in JSON."""
    entries, parameters = [], {}
    for place, (kind, kwargs) in enumerate(rules):
        written = dict(kwargs)
        for name, value in kwargs.items():
            if isinstance(value, datetime) or place == 0:
                parameters[f"p{place}_{name}"] = value
                written[name] = {"$PARAMETER": f"p{place}_{name}"}
        meta = {"rule": f"r{place}", "code": "BAD", "action": "warn", "description": "Wrong.", "fix": "Fix it."}
        entries.append({"type": kind, "kwargs": written, "severity": "info", "meta": meta})
    return entries, parameters


@given(rules=suites(), rows=tables)
@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_verdicts_and_counts_equal_brute_force(tmp_path: Path, rules: Any, rows: Any) -> None:
    assert {kind for kind, _ in rules} == set(ALLOWED), "every expectation we allow is drawn"
    entries, parameters = as_parameters(rules)
    path = tmp_path / "drawn.json"
    path.write_text(json.dumps({"name": "drawn", "expectations": entries}), encoding="utf-8")
    suite = load_suite(path)
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute('create temp table drawn (word text, "end" bigint, start bigint, size double, "at" timestamptz)')
        if rows:
            con.executemany("insert into drawn values (?, ?, ?, ?, ?)", rows)
        result = run_suite(con, suite, "drawn", parameters)
    named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
    for found, (kind, kwargs) in zip(result.rules, rules, strict=True):
        wanted = failing(kind, kwargs, named)
        assert (found.type, found.failed_count) == (kind, wanted), kwargs


def test_shipped_suites_use_only_what_the_contract_covers() -> None:
    for path in expectations_folder().glob("*.json"):
        assert {rule.type for rule in load_suite(path).rules} <= set(ALLOWED)


def test_row_rules_never_give_null(con: duckdb.DuckDBPyConnection) -> None:
    """A null predicate would be neither failed nor passed; all columns null is the case that makes one."""
    samples: dict[str, dict[str, Any]] = {
        "expect_column_values_to_match_regex": {"column": "a", "regex": "x"},
        "expect_column_values_to_not_match_regex": {"column": "a", "regex": "x"},
        "expect_column_values_to_be_in_set": {"column": "a", "value_set": ["x"]},
        "expect_column_values_to_not_be_in_set": {"column": "a", "value_set": ["x"]},
        "expect_column_values_to_be_between": {"column": "n", "max_value": 1},
        "expect_column_value_lengths_to_be_between": {"column": "a", "max_value": 1},
        "expect_column_pair_values_a_to_be_greater_than_b": {"column_A": "a", "column_B": "b"},
        "expect_compound_columns_to_be_unique": {"column_list": ["a", "b"]},
    }
    con.execute("create temp table nulls as select null::varchar as a, null::varchar as b, null::bigint as n")
    for kind, make in ROW_RULES.items():
        sql = make(samples.get(kind, {"column": "a"}))
        row = con.execute(f"select {sql.failing} from nulls", list(sql.values)).fetchone()
        assert row is not None
        assert row[0] in (True, False), kind


@pytest.mark.parametrize("name", ['we"ird', "semi;colon", "select", "été"])
def test_names_of_columns_are_quoted(con: duckdb.DuckDBPyConnection, make_suite: Any, expect: Any, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    con.execute(f"create temp table odd as select 1 as {quoted} union all select null")
    suite = make_suite(expect("expect_column_values_to_not_be_null", column=name))
    assert run_suite(con, suite, "odd", {"min_row_count": 1}).rules[1].failed_count == 1
