"""Comments, views and macros of a database, made of the SQL files, and made again only where these have changed.

Belongs here: whether a database has them as the files are now. Does not belong here: tables and their rows.

A macro of the database itself, ``ops.definitions_sum()``, says which texts they were made of: it is written in the same
transaction, and travels with the file.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import cache

import duckdb

from rr_pipeline.warehouse.connection import one_value
from rr_pipeline.warehouse.sql_files import layer_files, make_views, read_sql, table_exists, write_comments

DEFINED = ("marts", "ops")
"""Layers whose tables, views and macros others read."""

_TABLES = ("table", "rebuilt", "declared")


@cache
def definitions_sum() -> str:
    """A sum of all that the SQL files of these layers say, and of the engine that reads them."""
    said = [duckdb.__version__, *(repr(sql) for layer in DEFINED for sql in layer_files(layer))]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:32]


def is_defined(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the current database has its comments, views and macros as the SQL files are now."""
    try:
        return bool(con.execute("select ops.definitions_sum()").fetchall() == [(definitions_sum(),)])
    except duckdb.CatalogException:
        return False


def define(con: duckdb.DuckDBPyConnection, made: Collection[str] = ()) -> None:
    """Bring the current database's comments, views and macros up to date; ``made``: tables that have no comments yet.

    Must be called in a transaction. Each comment outside of one would be a commit of its own.
    """
    is_old = not is_defined(con)
    for layer in DEFINED:
        for sql in layer_files(layer):
            if sql.name in made or (is_old and sql.kind in _TABLES and table_exists(con, sql.name)):
                write_comments(con, sql)
        if is_old:
            make_views(con, layer)
    if is_old:
        con.execute(f"create or replace macro ops.definitions_sum() as '{definitions_sum()}'")


def rebuild(con: duckdb.DuckDBPyConnection, layer: str, table: str) -> None:
    """Make a small table again from what is stored; where that gives the same rows, nothing is written."""
    sql = read_sql(layer, table)
    if not is_defined(con) or not table_exists(con, sql.name):
        con.execute(f"create or replace table {sql.name} as {sql.statement}")
        write_comments(con, sql)
        return
    con.execute(f"create or replace temp table rebuilt_rows as {sql.statement}")
    if one_value(con, f"select {differs('rebuilt_rows', sql.name)}"):
        con.execute(f"create or replace table {sql.name} as from rebuilt_rows")
        write_comments(con, sql)


def differs(one: str, other: str) -> str:
    """SQL of whether two tables of the same columns have other rows, by sums of 64 bits a row, whatever their order.

    Row by row (``except all``) it takes ten times as long as writing a small table again.
    """
    sums = [f"(select sum(hash(r)::hugeint) from {table} as r)" for table in (one, other)]
    return f"{sums[0]} is distinct from {sums[1]}"
