"""Two sides of what might have been decided, and what they differ in: a table per question, kept in a file.

Belongs here: attaching the sides, and what is shown. Does not belong here: what a table says (sql/compare)
or where a side comes from (shadow.py).

Both sides are published copies, so delivered texts are masked in them, and the file holds nothing that they do not. A
policy that is tried may name users and words that the other side hides: these are shown on both sides, else one user
would look like two.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.staging.mapping_sql import literal
from rr_pipeline.warehouse import readable_copy
from rr_pipeline.warehouse.connection import attach_copy
from rr_pipeline.warehouse.masks import hidden_text, masked_columns
from rr_pipeline.warehouse.published import refuse_unmasked
from rr_pipeline.warehouse.sql_files import read_sql, write_comments

TABLES = ("items", "members", "reasons", "waits", "sla", "totals")
_READ = {
    "marts": ("fct_items", "fct_decisions", "fct_ownership", "fct_sla", "fct_waits"),
    "ops": ("considered_log", "rosters"),
}
_TABLES_READ = tuple((schema, table) for schema, tables in _READ.items() for table in tables)
_SIDES = ("one", "other")


@dataclass(frozen=True)
class Side:
    """A published copy, what to call it, and the command that makes it again."""

    name: str
    path: Path
    made_by: str = "rr-pipeline publish"


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


def compare_sides(
    one: Side, other: Side, from_at: datetime, until_at: datetime, path: Path, *, hash_key: str
) -> Comparison:
    """Write the tables of sql/compare on two sides to a new DuckDB file at ``path``, and return them.

    ``hash_key``: of the masks of both. Raises RefusedError: NOT_PUBLISHED, COPY_OUTDATED.
    """
    for side in (one, other):
        if not side.path.is_file():
            raise RefusedError(
                Problem(side.path.name, None, None, "NOT_PUBLISHED", f"{side.name} has no copy to read.")
            )
        refuse_unmasked(side.path.parent, side.made_by)
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
            attach_copy(con, readable_copy(side.path), f"{name}_side")
        shown = _shown_by_one(con, hash_key)
        for name in _SIDES:
            _show(con, name, shown)
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


def _show(con: duckdb.DuckDBPyConnection, name: str, shown: Mapping[str, Mapping[str, str]]) -> None:
    con.execute(f"create schema {name}")
    for schema, table in _TABLES_READ:
        replaced = ", ".join(
            f"case {column} {_whens(shown[what])} else {column} end as {column}"
            for column, what in _masked_alike(schema, table).items()
            if shown.get(what)
        )
        columns = f"* replace ({replaced})" if replaced else "*"
        con.execute(f"create view {name}.{table} as select {columns} from {name}_side.{schema}.{table}")


def _whens(texts: Mapping[str, str]) -> str:
    return " ".join(f"when {literal(hidden)} then {literal(text)}" for hidden, text in texts.items())


def _masked_alike(schema: str, table: str) -> dict[str, str]:
    """Columns that a policy has a say in, and what they share the shown texts with: users, or the column's words."""
    kinds = masked_columns().get(f"{schema}.{table}", {})
    return {column: "user" if kind == "user" else column for column, kind in kinds.items() if kind in ("user", "word")}


def _shown_by_one(con: duckdb.DuckDBPyConnection, hash_key: str) -> dict[str, dict[str, str]]:
    """What one side shows and the other hides: texts by their hash, of users and of each column of words."""
    texts = " union ".join(
        f"select '{name}' as side, '{what}' as what, {column} as text from {name}_side.{schema}.{table}"
        for name in _SIDES
        for schema, table in _TABLES_READ
        for column, what in _masked_alike(schema, table).items()
    )
    found: dict[str, dict[str, str]] = {}
    for what, hidden, text in con.execute(
        f"""
        with texts as ({texts})
        select distinct shown.what, masked.text, shown.text
        from texts as shown
        inner join texts as masked
            on masked.what = shown.what and masked.side <> shown.side and masked.text = {hidden_text("shown.text")}
        order by all
        """,
        {"key": hash_key},
    ).fetchall():
        found.setdefault(str(what), {})[str(hidden)] = str(text)
    return found


def _rows(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Mapping[str, Any], ...]:
    found = con.execute(query)
    names = [column[0] for column in found.description or ()]
    return tuple(dict(zip(names, row, strict=True)) for row in found.fetchall())
