"""How many rows the statements of a run handle, by DuckDB's own profile, and by what joins.

Belongs here: recording a run's statements and reading their plans. Does not belong here: what is expected of them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rr_pipeline.session import session

LOOPS = {"NESTED_LOOP_JOIN", "BLOCKWISE_NL_JOIN", "CROSS_PRODUCT", "IE_JOIN", "PIECEWISE_MERGE_JOIN"}
"""Joins that look at pairs of rows one by one, or may."""

_EQUAL = re.compile(r" (=|IS NOT DISTINCT FROM) ")


@dataclass
class Join:
    """A join that does more than look up equal keys: its conditions and the rows of its two sides."""

    kind: str
    conditions: tuple[str, ...]
    sides: tuple[int, int]


@dataclass
class Work:
    """What one statement, wherever it ran, has handled."""

    rows: int = 0
    joins: list[Join] = field(default_factory=list)

    def add(self, node: dict[str, Any]) -> None:
        """Count an operator of a plan and those below it."""
        below = node.get("children", [])
        self.rows += node.get("operator_cardinality", 0) + node.get("operator_rows_scanned", 0)
        kind, given = node.get("operator_type", ""), node.get("extra_info", {}).get("Conditions", [])
        conditions = (given,) if isinstance(given, str) else tuple(given)
        has_more = kind == "HASH_JOIN" and not all(_EQUAL.search(one) for one in conditions)
        if len(below) == 2 and (kind in LOOPS or has_more):
            left, right = (child.get("operator_cardinality", 0) for child in below)
            self.joins.append(Join(kind, conditions, (left, right)))
        for child in below:
            self.add(child)


class Recorder:
    """A connection that notes the work of each statement."""

    def __init__(self, con: duckdb.DuckDBPyConnection, statements: dict[str, Work], folder: Path) -> None:
        self._con, self._statements, self._folder = con, statements, str(folder)
        con.execute("pragma enable_profiling = 'no_output'")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._con, name)

    def execute(self, query: str, *parameters: Any) -> duckdb.DuckDBPyConnection:
        answer = self._con.execute(query, *parameters)
        profile = self._con.get_profiling_information(format="json")
        if profile.strip():
            self._statements.setdefault(query.replace(self._folder, ""), Work()).add(json.loads(profile))
        return answer


@contextmanager
def recorded(folder: Path) -> Iterator[dict[str, Work]]:
    """The work of every statement that runs of a project do on its warehouse, by the statement's text."""
    statements: dict[str, Work] = {}
    opened = session.open_warehouse
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "open_warehouse", lambda *a, **k: Recorder(opened(*a, **k), statements, folder))
        yield statements
