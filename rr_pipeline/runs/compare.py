"""Two sides of what might have been decided, and what they differ in: a table per question, kept in a file.

Belongs here: attaching the sides, and what is shown. Does not belong here: what a table says (sql/compare)
or where a side comes from (shadow.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.errors import RefusedError
from rr_pipeline.warehouse import readable_copy
from rr_pipeline.warehouse.connection import attach_copy
from rr_pipeline.warehouse.sql_files import read_sql, write_comments

TABLES = ("items", "members", "reasons", "waits", "sla", "totals")
_READ = {
    "marts": ("fct_items", "fct_decisions", "fct_ownership", "fct_sla", "fct_waits"),
    "ops": ("considered_log", "rosters"),
}


@dataclass(frozen=True)
class Side:
    """A published copy, and what to call it."""

    name: str
    path: Path


@dataclass(frozen=True)
class Comparison:
    """What two sides differ in, from ``from_at`` to ``until_at`` (exclusive).

    ``tables``: by name the rows of each table of sql/compare but ``items``, as {column: value}; all of them, items
    included, stand in the DuckDB file ``path``, schema ``compare``.
    """

    one: str
    other: str
    from_at: datetime
    until_at: datetime
    path: Path
    tables: Mapping[str, tuple[Mapping[str, Any], ...]]

    def total(self, measure: str) -> Mapping[str, Any]:
        """One row of ``totals``; zeros where the measure does not occur."""
        found = (row for row in self.tables["totals"] if row["measure"] == measure)
        return next(found, {"measure": measure, "one_count": 0, "other_count": 0, "difference_count": 0})

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        instants = {"from_at": self.from_at.isoformat(), "until_at": self.until_at.isoformat()}
        return {"one": self.one, "other": self.other, **instants, "path": str(self.path), **self.tables}


def compare_sides(one: Side, other: Side, from_at: datetime, until_at: datetime, path: Path) -> Comparison:
    """Write the tables of sql/compare on two sides to a new DuckDB file at ``path``, and return them."""
    for side in (one, other):
        if not side.path.is_file():
            raise RefusedError(
                f"file={side.path.name} row=- field=- code=NOT_PUBLISHED: {side.name} has no copy to read."
            )
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    with duckdb.connect(":memory:") as con:
        con.execute("set TimeZone = 'UTC'")
        attach_copy(con, fresh, "result", is_new=True)
        con.execute("use result")
        con.execute("create schema compare")
        con.execute("use memory")
        con.execute("create schema marts")
        con.execute(read_sql("marts", "reason_name").statement)
        for name, side in (("one", one), ("other", other)):
            _show(con, name, side)
        con.execute("create schema compare")
        for key, value in (("compared_from_at", from_at), ("compared_until_at", until_at)):
            con.execute(f"set variable {key} = ?", [value])
        for table in TABLES:
            sql = read_sql("compare", table)
            con.execute(f"create table result.compare.{table} as {sql.statement}")
            con.execute(f"create view compare.{table} as from result.compare.{table}")
        tables = {table: _rows(con, f"from compare.{table}") for table in TABLES if table != "items"}
        con.execute("use result")
        for table in TABLES:
            write_comments(con, read_sql("compare", table))
        con.execute("use memory")
        con.execute("detach result")
    fresh.replace(path)
    return Comparison(one.name, other.name, from_at, until_at, path, tables)


def _show(con: duckdb.DuckDBPyConnection, name: str, side: Side) -> None:
    attach_copy(con, readable_copy(side.path), f"{name}_side")
    con.execute(f"create schema {name}")
    for schema, tables in _READ.items():
        for table in tables:
            con.execute(f"create view {name}.{table} as from {name}_side.{schema}.{table}")


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Mapping[str, Any], ...]:
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
