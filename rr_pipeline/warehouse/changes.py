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

from collections.abc import Collection, Iterable, Mapping, Sequence

import duckdb

from rr_pipeline.warehouse.connection import one_value
from rr_pipeline.warehouse.definitions import define, differs
from rr_pipeline.warehouse.masks import Masks, masked_columns, masked_list, set_key
from rr_pipeline.warehouse.sql_files import layer_files

PUBLISHED_SCHEMAS = ("marts", "ops")


class NotCompleteError(Exception):
    """A table of the copy does not have the rows of the warehouse; the message names it."""


Columns = Mapping[str, Sequence[tuple[str, str]]]
"""Names and types of the columns of each table, in their order."""


def copy_whole(con: duckdb.DuckDBPyConnection, masks: Masks) -> dict[str, int]:
    """Fill the empty attached database ``published``; return rows by table. Raises NotCompleteError."""
    for schema in PUBLISHED_SCHEMAS:
        con.execute(f"create schema published.{schema}")
    stored, _ = _tables(con)
    set_key(con, masks)
    for name, columns in stored.items():
        _replace(con, name, columns, masks)
    counts = _count_all(con, stored)
    # Each of the thousand comments would be a commit of its own, which took nearly half of a small run.
    con.execute("begin transaction")
    _describe(con, stored)
    con.execute("commit")
    return counts


def bring_forward(con: duckdb.DuckDBPyConnection, since: str, masks: Masks) -> dict[str, int] | None:
    """Bring the attached database ``published`` to the warehouse's state; return rows by table.

    It is as of run ``since``, and was made with these masks. None, with nothing changed, where only a whole copy will
    do: it is of another layout or not of that run, history was restated since, or its rows do not add up. One
    transaction.
    """
    stored, copied = _tables(con)
    if not _may_be_brought_forward(con, stored, copied, since):
        return None
    con.execute("begin transaction")
    try:
        set_key(con, masks)
        made = _bring_rows(con, stored, copied, since, masks)
        counts = _count_all(con, stored)
        _describe(con, made)
        con.execute("commit")
    except BaseException as error:
        con.execute("rollback")
        if isinstance(error, NotCompleteError):
            return None
        raise
    return counts


def _may_be_brought_forward(con: duckdb.DuckDBPyConnection, stored: Columns, copied: Columns, since: str) -> bool:
    if not {"ops.layout", "ops.runs"} <= copied.keys():
        return False
    restated = "exists (from warehouse.ops.restatements where run_id > $since)"
    query = f"""
        select (select max(layout_version) from published.ops.layout)
                = (select max(layout_version) from warehouse.ops.layout)
            and (select max(run_id) from published.ops.runs) = $since
            and not {restated if "ops.restatements" in stored else "false"}
    """
    return bool(one_value(con, query, {"since": since}))


def _bring_rows(
    con: duckdb.DuckDBPyConnection, stored: Columns, copied: Columns, since: str, masks: Masks
) -> list[str]:
    """Bring the rows of all tables forward; return the names of tables that were made again."""
    for name in sorted(copied.keys() - stored.keys()):
        con.execute(f"drop table published.{name}")
    alike = [name for name, columns in stored.items() if copied.get(name) == columns]
    ways = {sql.name: sql.changes for schema in PUBLISHED_SCHEMAS for sql in layer_files(schema)}
    grown = {name: ways[name] for name in alike if ways.get(name)}
    changed = _changed(con, grown, [name for name in alike if name not in grown], since)
    made = []
    for name, columns in stored.items():
        if name in grown:
            if name in changed:
                _apply(con, name, columns, ways[name], since, masks)
        elif name in changed or name not in alike:
            _replace(con, name, columns, masks)
            made.append(name)
    return made


def _changed(con: duckdb.DuckDBPyConnection, grown: Mapping[str, str], plain: Sequence[str], since: str) -> set[str]:
    """Names of tables whose copies are not what the warehouse holds now, all of them asked for in one statement.

    ``grown``: tables that say how they change, and how. Of the others, ``plain``, copies with masked texts count as
    changed: those texts cannot be compared.
    """
    hidden = masked_columns()
    asked = {name: _is_behind(name, *way.split(" by ")) for name, way in grown.items()}
    asked |= {name: differs(f"warehouse.{name}", f"published.{name}") for name in plain if name not in hidden}
    query = " union all ".join(f"select '{name}' where {condition}" for name, condition in asked.items())
    rows = con.execute(query, {"since": since} if "$since" in query else {}).fetchall() if query else []
    return {str(name) for (name,) in rows} | {name for name in plain if name in hidden}


def _is_behind(name: str, kind: str, column: str) -> str:
    """SQL of whether a table that says how it changes has changed."""
    stored, copied = f"warehouse.{name}", f"published.{name}"
    if kind == "appended" and column != "run_id":
        last = f"(select max({column}) from {copied})"
        return f"exists (from {stored} where {last} is null or {column} > {last})"
    is_new = f"exists (from {stored} where run_id > $since)"
    if kind != "merged":
        return is_new
    return f"{is_new} or {_has_gone(name, column)}"


def _has_gone(name: str, column: str) -> str:
    """SQL of whether the copy of a table has rows that the table has no more."""
    return f"exists (from published.{name} as copied where {_is_gone(name, column)})"


def _is_gone(name: str, column: str) -> str:
    return f"not exists (from warehouse.{name} as stored where stored.{column} = copied.{column})"


def _apply(  # noqa: PLR0917 - what, and how
    con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[tuple[str, str]], way: str, since: str, masks: Masks
) -> None:
    """Bring a table that has changed forward, as it says that it changes."""
    kind, _, column = way.partition(" by ")
    shown = masked_list(name, [one for one, _ in columns], masks)
    # One INSERT into each table of a copy: where one without rows comes first, a later one loses its rows.
    insert = f"insert into published.{name} by name select {shown} from warehouse.{name} where"
    if kind == "appended":
        last = since if column == "run_id" else one_value(con, f"select max({column}) from published.{name}")
        con.execute(f"{insert} $last is null or {column} > $last", {"last": last})
        return
    con.execute(
        f"create or replace temp table changed_rows as select distinct {column} from warehouse.{name} where run_id > ?",
        [since],
    )
    con.execute(f"delete from published.{name} where {column} in (from changed_rows)")
    # Rows without a key, those of items that were refused, are only ever added.
    con.execute(f"{insert} {column} in (from changed_rows) or ({column} is null and run_id > $last)", {"last": since})
    if kind == "merged":
        con.execute(f"delete from published.{name} as copied where {_is_gone(name, column)}")


def _replace(con: duckdb.DuckDBPyConnection, name: str, columns: Sequence[tuple[str, str]], masks: Masks) -> None:
    shown = masked_list(name, [one for one, _ in columns], masks)
    con.execute(f"create or replace table published.{name} as select {shown} from warehouse.{name}")


def _describe(con: duckdb.DuckDBPyConnection, made: Collection[str]) -> None:
    """Comments of new tables; all of them, and views and macros, where the copy does not have those of today."""
    con.execute("use published")
    try:
        define(con, made)
    finally:
        con.execute("use warehouse")


def _count_all(con: duckdb.DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    counts, stored = count_rows(con, "published", names), count_rows(con, "warehouse", names)
    for name in names:
        if counts[name] != stored[name]:
            raise NotCompleteError(name)
    return counts


def count_rows(con: duckdb.DuckDBPyConnection, database: str, names: Iterable[str]) -> dict[str, int]:
    """Rows of each table of a database."""
    query = " union all ".join(f"select '{name}', count(*) from {database}.{name}" for name in names)
    return {str(name): int(count) for name, count in con.execute(query).fetchall()}


def _tables(con: duckdb.DuckDBPyConnection) -> tuple[Columns, Columns]:
    """Return the columns of all tables of the warehouse, and of the copy, by name and in the order of names."""
    rows = con.execute(
        """
        select columns.database_name, columns.schema_name || '.' || columns.table_name, column_name, data_type
        from duckdb_columns() as columns
        semi join duckdb_tables() as tables on tables.table_oid = columns.table_oid
            and tables.database_name = columns.database_name and tables.schema_name = columns.schema_name
        where columns.database_name in ('warehouse', 'published') and list_contains(?, columns.schema_name)
        order by 1, 2, column_index
        """,
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    found: dict[str, dict[str, list[tuple[str, str]]]] = {"warehouse": {}, "published": {}}
    for database, name, column, kind in rows:
        found[database].setdefault(str(name), []).append((str(column), str(kind)))
    return found["warehouse"], found["published"]
