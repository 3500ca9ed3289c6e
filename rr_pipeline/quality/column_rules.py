"""Rules about cells that could not be read, for columns whose suite has none.

Belongs here: the rule that follows from the kind of a canonical column. Does not belong here: what else is expected of
a table; that stands in its suite.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rr_pipeline.config.canonical import Column
from rr_pipeline.quality.suite_files import read_rule
from rr_pipeline.quality.suites import Suite


def with_column_rules(suite: Suite, codes: Mapping[str, tuple[Column, ...]]) -> Suite:
    """Return the suite with a warning for each code column that no rule of it reads.

    ``codes``: code column of the table -> the columns of which it says that a cell could not be read.
    """
    read = {rule.code_from for rule in suite.rules}
    entries = [_entry(code, columns) for code, columns in codes.items() if code not in read]
    if not entries:
        return suite
    content = {**suite.content, "expectations": [*suite.content["expectations"], *entries]}
    return replace(suite, rules=(*suite.rules, *(read_rule(suite.name, entry) for entry in entries)), content=content)


def _entry(code: str, columns: tuple[Column, ...]) -> dict[str, Any]:
    names = " or ".join(column.name for column in columns)
    meta: dict[str, Any] = {
        "rule": f"{code.removesuffix('_code')}_readable",
        "code": columns[0].code,
        "action": "warn",
        "description": f"What stands in {names} cannot be read; the row goes on without it.",
        "fix": "Say in sources.yaml how the source writes it (options), or fix the export.",
        "field": columns[0].name,
        "code_from": code,
    }
    return {
        "type": "expect_column_values_to_be_null", "kwargs": {"column": code}, "severity": "info", "meta": meta
    }  # fmt: skip
