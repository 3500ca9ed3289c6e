"""Each expectation as SQL: which rows fail it. One mapping, next to Great Expectations' own verdict.

Belongs here: the predicates. Does not belong here: running them. Great Expectations says whether a rule holds;
these predicates say for which rows it does not, and ``run_suite`` insists that both agree. The meaning of null is
Great Expectations': a rule about values does not look at nulls, a pair of columns is looked at when both are there.

Values are always bound (``?``), identifiers always quoted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rr_pipeline.errors import RunError
from rr_pipeline.quality.suites import Rule, is_parameter

Kwargs = Mapping[str, Any]


@dataclass(frozen=True)
class RowSql:
    """Two predicates over a row: does the rule look at it, and does it fail. Never null."""

    checked: str
    failing: str
    values: tuple[Any, ...] = ()


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def quoted_table(name: str) -> str:
    """Quote ``table`` or ``schema.table``."""
    return ".".join(quoted(part) for part in name.split("."))


def resolve(rule: Rule, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The rule's kwargs with its parameters filled in. Raises RunError naming a parameter that was not given."""
    resolved = {}
    for name, value in rule.kwargs.items():
        if is_parameter(value):
            if parameters.get(value["$PARAMETER"]) is None:
                raise RunError(f"rule {rule.rule} needs the parameter {value['$PARAMETER']!r}")
            resolved[name] = parameters[value["$PARAMETER"]]
        else:
            resolved[name] = value
    return resolved


def _column_rule(kwargs: Kwargs, broken: str, values: Sequence[Any] = ()) -> RowSql:
    """A rule about the values of one column: ``broken`` is over ``{c}``; nulls are not looked at."""
    column = quoted(kwargs["column"])
    there = f"{column} is not null"
    return RowSql(there, f"({there} and ({broken.format(c=column)}))", tuple(values))


def _null(kwargs: Kwargs) -> RowSql:
    return RowSql("true", f"({quoted(kwargs['column'])} is not null)")


def _not_null(kwargs: Kwargs) -> RowSql:
    return RowSql("true", f"({quoted(kwargs['column'])} is null)")


def _matches(kwargs: Kwargs) -> RowSql:
    return _column_rule(kwargs, "not regexp_matches({c}, ?)", [kwargs["regex"]])


def _matches_not(kwargs: Kwargs) -> RowSql:
    return _column_rule(kwargs, "regexp_matches({c}, ?)", [kwargs["regex"]])


def _in_set(kwargs: Kwargs) -> RowSql:
    marks = ", ".join("?" for _ in kwargs["value_set"])
    return _column_rule(kwargs, f"{{c}} not in ({marks})", kwargs["value_set"])


def _not_in_set(kwargs: Kwargs) -> RowSql:
    marks = ", ".join("?" for _ in kwargs["value_set"])
    return _column_rule(kwargs, f"{{c}} in ({marks})", kwargs["value_set"])


def _bounds(kwargs: Kwargs, measured: str) -> tuple[str, list[Any]]:
    """The condition that ``measured`` lies outside the bounds, and its values."""
    outside: list[str] = []
    values: list[Any] = []
    if kwargs.get("min_value") is not None:
        outside.append(f"{measured} {'<=' if kwargs.get('strict_min') else '<'} ?")
        values.append(kwargs["min_value"])
    if kwargs.get("max_value") is not None:
        outside.append(f"{measured} {'>=' if kwargs.get('strict_max') else '>'} ?")
        values.append(kwargs["max_value"])
    if not outside:
        raise RunError("a rule about a range needs min_value or max_value")
    return " or ".join(outside), values


def _between(kwargs: Kwargs) -> RowSql:
    return _column_rule(kwargs, *_bounds(kwargs, "{c}"))


def _lengths(kwargs: Kwargs) -> RowSql:
    return _column_rule(kwargs, *_bounds(kwargs, "length({c})"))


def _pair_greater(kwargs: Kwargs) -> RowSql:
    a, b = quoted(kwargs["column_A"]), quoted(kwargs["column_B"])
    there = f"({a} is not null and {b} is not null)"
    return RowSql(there, f"({there} and not ({a} {'>=' if kwargs.get('or_equal') else '>'} {b}))")


def _unique(kwargs: Kwargs) -> RowSql:
    column = quoted(kwargs["column"])
    there = f"({column} is not null)"
    return RowSql(there, f"({there} and count(*) over (partition by {column}) > 1)")


def _compound_unique(kwargs: Kwargs) -> RowSql:
    columns = [quoted(name) for name in kwargs["column_list"]]
    there = "(" + " and ".join(f"{column} is not null" for column in columns) + ")"
    return RowSql(there, f"({there} and count(*) over (partition by {', '.join(columns)}) > 1)")


ROW_RULES: Mapping[str, Callable[[Kwargs], RowSql]] = {
    "expect_column_values_to_be_null": _null,
    "expect_column_values_to_not_be_null": _not_null,
    "expect_column_values_to_match_regex": _matches,
    "expect_column_values_to_not_match_regex": _matches_not,
    "expect_column_values_to_be_in_set": _in_set,
    "expect_column_values_to_not_be_in_set": _not_in_set,
    "expect_column_values_to_be_between": _between,
    "expect_column_value_lengths_to_be_between": _lengths,
    "expect_column_pair_values_a_to_be_greater_than_b": _pair_greater,
    "expect_column_values_to_be_unique": _unique,
    "expect_compound_columns_to_be_unique": _compound_unique,
}


def _row_count(kwargs: Kwargs, row_count: int, _: Sequence[str]) -> bool:
    floor, ceiling = kwargs.get("min_value"), kwargs.get("max_value")
    return (floor is None or row_count >= floor) and (ceiling is None or row_count <= ceiling)


def _has_columns(kwargs: Kwargs, _: int, columns: Sequence[str]) -> bool:
    return set(kwargs["column_set"]) <= set(columns)


# Rules about the table as a whole: (kwargs, row count, column names) -> whether the rule holds.
TABLE_RULES: Mapping[str, Callable[[Kwargs, int, Sequence[str]], bool]] = {
    "expect_table_row_count_to_be_between": _row_count,
    "expect_table_columns_to_match_set": _has_columns,
}

# The kwargs each expectation may have here. `mostly` is in none: a rule holds for all rows, and a share of rows that
# may fail is a rule about rates. `row_condition` neither: the SQL would have to be written twice.
_RANGE = {"min_value", "max_value", "strict_min", "strict_max"}
ALLOWED: Mapping[str, frozenset[str]] = {
    kind: frozenset(names)
    for kind, names in {
        "expect_column_values_to_be_null": {"column"},
        "expect_column_values_to_not_be_null": {"column"},
        "expect_column_values_to_match_regex": {"column", "regex"},
        "expect_column_values_to_not_match_regex": {"column", "regex"},
        "expect_column_values_to_be_in_set": {"column", "value_set"},
        "expect_column_values_to_not_be_in_set": {"column", "value_set"},
        "expect_column_values_to_be_between": {"column", *_RANGE},
        "expect_column_value_lengths_to_be_between": {"column", *_RANGE},
        "expect_column_pair_values_a_to_be_greater_than_b": {"column_A", "column_B", "or_equal", "ignore_row_if"},
        "expect_column_values_to_be_unique": {"column"},
        "expect_compound_columns_to_be_unique": {"column_list", "ignore_row_if"},
        "expect_table_row_count_to_be_between": {"min_value", "max_value"},
        "expect_table_columns_to_match_set": {"column_set", "exact_match"},
    }.items()
}
# Kwargs whose default in Great Expectations means something else than our SQL: they must be spelt out.
FIXED: Mapping[str, Mapping[str, Any]] = {
    "expect_column_pair_values_a_to_be_greater_than_b": {"ignore_row_if": "either_value_is_missing"},
    "expect_compound_columns_to_be_unique": {"ignore_row_if": "any_value_is_missing"},
    "expect_table_columns_to_match_set": {"exact_match": False},
}


def columns_of(rule: Rule) -> set[str]:
    """The columns a rule must find, its code column included; a rule about which columns there are needs none."""
    kwargs = rule.kwargs
    named = {kwargs[name] for name in ("column", "column_A", "column_B") if name in kwargs}
    extra = {rule.code_from} if rule.code_from else set()
    return named | extra | set(kwargs.get("column_list", ()))


def row_sql(rule: Rule, parameters: Mapping[str, Any]) -> RowSql:
    """The predicates of a row rule. Raises RunError for a missing parameter."""
    return ROW_RULES[rule.type](resolve(rule, parameters))
