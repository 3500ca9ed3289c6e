"""Cutting what a statement reads at random, and comparing what its parts give with what it gives whole.

A cut is written as in the headers of SQL files: ``rows of <table>`` (the other tables stay whole), or
``key(<column>)`` (every table it reads that has the column is cut by its value).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import duckdb

from rr_pipeline.warehouse.statement_tree import Tree, replaced_all

_BY = re.compile(r"rows of (?P<table>[\w.]+)|key\((?P<column>\w+)\)")


def differing_rows(
    con: duckdb.DuckDBPyConnection, tree: Tree, by: str, values: Mapping[str, Any], *, seed: int, parts: int
) -> tuple[int, int]:
    """Return (rows of the whole, rows that the whole and its parts do not share) for one cut into parts."""
    found = _BY.fullmatch(by)
    assert found is not None, by
    cut = (
        {found["table"]: None} if found["table"] else dict.fromkeys(_with(con, tree, found["column"]), found["column"])
    )
    assert cut, f"nothing it reads has the column {found['column']}"
    statement = replaced_all(tree, {})
    con.execute(f"create or replace temp table cut_whole as {statement}", values)
    con.execute("create or replace temp table cut_union as from cut_whole limit 0")
    for name, column in cut.items():
        _number(con, name, column, seed, parts)
    for part in range(parts):
        others = {name: f"cut_part_{place}_{part}" for place, name in enumerate(cut)}
        for place, name in enumerate(cut):
            con.execute(
                f"create or replace temp table cut_part_{place}_{part} as "
                f"select * exclude (cut_no) from cut_of_{_plain(name)} where cut_no = {part}"
            )
        con.execute(f"insert into cut_union {replaced_all(tree, others)}", values)
    ((whole, apart),) = con.execute(
        "select (select count(*) from cut_whole), (select count(*) from (from cut_whole except all from cut_union)) "
        "+ (select count(*) from (from cut_union except all from cut_whole))"
    ).fetchall()
    return whole, apart


def _with(con: duckdb.DuckDBPyConnection, tree: Tree, column: str) -> list[str]:
    return [name for name in sorted(tree.tables) if column in columns_of(con, name)]


def columns_of(con: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    """The columns of a relation."""
    return [row[0] for row in con.execute(f"describe select * from {name}").fetchall()]


def _number(con: duckdb.DuckDBPyConnection, name: str, column: str | None, seed: int, parts: int) -> None:
    """Give each row the number of its part: at random, or by the value of a column."""
    what = f"hash({column}, {seed})" if column else f"hash(row_number() over (), {seed})"
    con.execute(
        f"create or replace temp table cut_of_{_plain(name)} as select *, {what} % {parts} as cut_no from {name}"
    )


def _plain(name: str) -> str:
    return name.replace(".", "_")
