"""A published copy brought forward to what the warehouse holds now, at the cost of what has changed since its run.

Belongs here: the tables of an attached copy. Does not belong here: files, names and the manifest (published.py).

How a table changes is said in the header of its SQL file:

    changes: appended by <column>    rows never change; those of later runs have a greater <column>
    changes: rewritten by <column>   run_id is of the run that last wrote the row; no <column> ever goes
    changes: merged by <column>      the same, and a <column> may go

A table without one is small, and copied whole. Delivered texts are masked on the way (masks.py); the columns by which
tables change are numbers, or ours.
"""

from __future__ import annotations

import duckdb

from rr_pipeline.warehouse.connection import one_value
from rr_pipeline.warehouse.masks import Masks, masked_select
from rr_pipeline.warehouse.sql_files import layer_files, make_views, table_exists, write_comments

PUBLISHED_SCHEMAS = ("marts", "ops")


class NotCompleteError(Exception):
    """A table of the copy does not have the rows of the warehouse; the message names it."""


def copy_whole(con: duckdb.DuckDBPyConnection, masks: Masks) -> dict[str, int]:
    """Fill the empty attached database ``published``; return rows by table. Raises NotCompleteError."""
    for schema in PUBLISHED_SCHEMAS:
        con.execute(f"create schema published.{schema}")
    names = _tables(con, "warehouse")
    for name in names:
        _replace(con, name, masks)
    counts = _count_all(con, names)
    # Each of the thousand comments would be a commit of its own, which took nearly half of a small run.
    con.execute("begin transaction")
    _describe(con, names)
    con.execute("commit")
    return counts


def bring_forward(con: duckdb.DuckDBPyConnection, since: str, masks: Masks) -> dict[str, int] | None:
    """Bring the attached database ``published`` to the warehouse's state; return rows by table.

    It is as of run ``since``, and was made with these masks. None, with nothing changed, where only a whole copy will
    do: it is of another layout or not of that run, history was restated since, or its rows do not add up. One
    transaction; views are made again in any case.
    """
    if not _may_be_brought_forward(con, since):
        return None
    names, there = _tables(con, "warehouse"), frozenset(_tables(con, "published"))
    con.execute("begin transaction")
    try:
        for name in sorted(there - frozenset(names)):
            con.execute(f"drop table published.{name}")
        copied, stored = _columns(con, "published"), _columns(con, "warehouse")
        alike = {name for name in names if name in there and copied[name] == stored[name]}
        ways = {sql.name: sql.changes for schema in PUBLISHED_SCHEMAS for sql in layer_files(schema)}
        made = [name for name in names if name not in alike or not ways.get(name)]
        for name in names:
            if name in made:
                _replace(con, name, masks)
            else:
                _apply(con, name, ways[name], since, masks)
        counts = _count_all(con, names)
        _describe(con, made)
        con.execute("commit")
    except BaseException as error:
        con.execute("rollback")
        if isinstance(error, NotCompleteError):
            return None
        raise
    return counts


def _may_be_brought_forward(con: duckdb.DuckDBPyConnection, since: str) -> bool:
    there = frozenset(_tables(con, "published"))
    if not {"ops.layout", "ops.runs"} <= there:
        return False
    layouts = [
        one_value(con, f"select max(layout_version) from {side}.ops.layout") for side in ("published", "warehouse")
    ]
    if layouts[0] != layouts[1] or one_value(con, "select max(run_id) from published.ops.runs") != since:
        return False
    if not table_exists(con, "ops.restatements"):
        return True
    return not one_value(con, "select count(*) from warehouse.ops.restatements where run_id > ?", [since])


def _apply(con: duckdb.DuckDBPyConnection, name: str, way: str, since: str, masks: Masks) -> None:
    kind, _, column = way.partition(" by ")
    if kind == "appended":
        last = since if column == "run_id" else one_value(con, f"select max({column}) from published.{name}")
        _insert(con, name, f"{column} > $last" if last is not None else "true", last, masks)
        return
    con.execute(
        f"create or replace temp table changed_rows as select distinct {column} from warehouse.{name} where run_id > ?",
        [since],
    )
    if one_value(con, "select exists (from changed_rows)"):
        con.execute(f"delete from published.{name} where {column} in (from changed_rows)")
        # Rows without a key, those of items that were refused, are only ever added.
        _insert(con, name, f"{column} in (from changed_rows) or ({column} is null and run_id > $last)", since, masks)
    if kind == "merged":
        gone = f"not exists (from warehouse.{name} as stored where stored.{column} = copied.{column})"
        if one_value(con, f"select exists (from published.{name} as copied where {gone})"):
            con.execute(f"delete from published.{name} as copied where {gone}")


def _insert(con: duckdb.DuckDBPyConnection, name: str, condition: str, last: object, masks: Masks) -> None:
    rows, values = f"from warehouse.{name} where {condition}", {"last": last} if "$last" in condition else {}
    # Nothing may be inserted before much is (see ``create_empty``).
    if one_value(con, f"select exists ({rows})", values):
        columns = masked_select(con, name, masks)
        con.execute(f"insert into published.{name} by name select {columns} {rows}", values)


def _replace(con: duckdb.DuckDBPyConnection, name: str, masks: Masks) -> None:
    columns = masked_select(con, name, masks)
    con.execute(f"create or replace table published.{name} as select {columns} from warehouse.{name}")


def _describe(con: duckdb.DuckDBPyConnection, made: list[str]) -> None:
    """Comments of new tables, and all views and macros."""
    con.execute("use published")
    try:
        for layer in PUBLISHED_SCHEMAS:
            for sql in layer_files(layer):
                if sql.name in made:
                    write_comments(con, sql)
            make_views(con, layer)
    finally:
        con.execute("use warehouse")


def _count_all(con: duckdb.DuckDBPyConnection, names: list[str]) -> dict[str, int]:
    counts = {}
    for name in names:
        counts[name] = count_rows(con, f"published.{name}")
        if counts[name] != count_rows(con, f"warehouse.{name}"):
            raise NotCompleteError(name)
    return counts


def count_rows(con: duckdb.DuckDBPyConnection, name: str) -> int:
    """Rows of a table."""
    return int(one_value(con, f"select count(*) from {name}"))


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    rows = con.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where database_name = ? "
        "and schema_name in (select unnest(?)) order by all",
        [database, list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    return [str(name) for (name,) in rows]


def _columns(con: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    """Return names and types of the columns of all tables and views, in their order, by ``schema.table``."""
    rows = con.execute(
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? order by column_index",
        [database],
    ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for name, column, kind in rows:
        found.setdefault(str(name), []).append((str(column), str(kind)))
    return found
