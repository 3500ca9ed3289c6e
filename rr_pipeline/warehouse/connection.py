"""Opening the warehouse, for its one writer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.errors import LockedError, Problem, RefusedError, ResourceError, RunError
from rr_pipeline.warehouse.failures import damaged, is_locked
from rr_pipeline.warehouse.left import is_as_left
from rr_pipeline.warehouse.logs import logs_of
from rr_pipeline.warehouse.schema import check_version, create_schemas
from rr_pipeline.warehouse.sql_files import table_exists

STORAGE_VERSION = "v1.5.0"
"""Storage format of every file we write, so that the clients analysts have today can open it."""

BLOCK_BYTES = 65_536
"""Of files made from now on. A quarter of the engine's own: a run that adds ten rows to each of fifty tables writes a
block for every column, and half of its commit went into such blocks; files become a third smaller, too."""

_HEADERS = 3 * 4096
"""Bytes before the first block of a DuckDB file."""


def _refuse_missing(path: Path, published: Path) -> None:
    # A missing file is created by DuckDB without a word. That is right once: before the first run.
    left = f"{published.name}/ holds a published copy of it" if any(published.glob("*.duckdb")) else ""
    if not left and (logs := logs_of(path)):
        left = f"its log {logs[0].name} is there"
    if left:
        raise RefusedError(
            Problem(
                path.name,
                None,
                None,
                "WAREHOUSE_MISSING",
                f"{path.name} is gone but {left}. Put a backup in "
                "its place with `rr-pipeline restore`, or, if landing/ still holds every delivery, start again with "
                "`rr-pipeline restore --from-landing`.",
            )
        )


def _refuse_behind(con: duckdb.DuckDBPyConnection, path: Path, shown: str | None) -> None:
    # Of a log that is cut or holds something else DuckDB takes what it can read, and drops the rest without a word.
    # A run that was published was committed before: where the warehouse does not know it, commits are lost.
    stands = one_value(con, "select max(run_id) from ops.runs") if table_exists(con, "ops.runs") else None
    if shown is not None and (stands is None or stands < shown):
        raise RefusedError(
            Problem(
                path.name,
                None,
                None,
                "WAREHOUSE_BEHIND",
                f"{shown} was published, but the warehouse stands at {stands or 'no run'}: later runs are lost with a "
                "damaged log, or another file was put in its place. Everything was left as it is, the log too. "
                "`rr-pipeline restore` puts the newest backup in its place; to go on from this warehouse instead, "
                "move the published folder away and run again.",
            )
        )


def _look_before_opening(path: Path, shown: str | None) -> None:
    # Opened for writing, DuckDB replays the log and removes it: too late to find that it was not whole.
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            _refuse_cut(con, path)
            _refuse_behind(con, path, shown)
    except duckdb.Error as error:
        raise _not_opened(path, error) from None


def open_warehouse(
    path: Path,
    published: Path,
    *,
    memory_limit: str | None,
    threads: int | None,
    spill: Path,
    shown: str | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open (before the first run: create) the warehouse for writing.

    ``shown``: the last run that was published. Raises RefusedError when the file has gone, is damaged, does not
    know that run or was written by a newer version, LockedError when another process has it open. A damaged file is
    never replaced, nor its log removed.
    """
    is_new = not path.exists()
    if is_new:
        _refuse_missing(path, published)
    has_log = bool(logs_of(path))
    is_known = not has_log and is_as_left(path)
    if has_log:
        _look_before_opening(path, shown)
    # From the start, so that temporary tables have such blocks as well.
    con = duckdb.connect(":memory:", config={"default_block_size": BLOCK_BYTES})
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set autoinstall_known_extensions = false")
        # DuckDB expects few rows of what the transaction itself wrote, and would compare them pair by pair.
        con.execute("set asof_loop_join_threshold = 0")
        con.execute("set python_enable_replacements = false")
        spill.mkdir(exist_ok=True)
        con.execute("set temp_directory = ?", [str(spill)])
        if memory_limit:
            con.execute("set memory_limit = ?", [memory_limit])
        if threads:
            con.execute(f"set threads = {int(threads)}")
        _attach(con, path)
        con.execute("use warehouse")
        if is_new:
            create_schemas(con)
        elif not (has_log or is_known):
            _refuse_cut(con, path)
        _refuse_unfit(con, path, shown)
    except BaseException:
        con.close()
        if is_new:
            for leftover in (*logs_of(path), path):
                leftover.unlink(missing_ok=True)
        raise
    return con


def _attach(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    try:
        con.execute(f"attach '{quoted}' as warehouse (storage_version '{STORAGE_VERSION}')")
    except duckdb.Error as error:
        raise _not_opened(path, error) from None


def _not_opened(path: Path, error: duckdb.Error) -> RunError:
    if is_locked(error):
        return LockedError(
            f"{path.name} is open in another process, or elsewhere in this one. Close it (analysts read the published "
            "copy), then run again."
        )
    is_read_only = not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK))
    if isinstance(error, duckdb.IOException) and is_read_only:
        return ResourceError(f"{path.name} cannot be written: the folder or the file is read-only.")
    return damaged(path)


def _refuse_unfit(con: duckdb.DuckDBPyConnection, path: Path, shown: str | None) -> None:
    try:
        check_version(con, path)
        _refuse_behind(con, path, shown)
    except duckdb.Error:
        raise damaged(path) from None


def attach_copy(con: duckdb.DuckDBPyConnection, path: Path, name: str, *, is_new: bool = False) -> None:
    """Attach a database file under a name: read-only, or new, in the storage format of all our files."""
    quoted = str(path).replace("'", "''")
    options = f"storage_version '{STORAGE_VERSION}', block_size {BLOCK_BYTES}" if is_new else "read_only"
    con.execute(f"attach '{quoted}' as {name} ({options})")


def _refuse_cut(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    # DuckDB opens a file whose end is missing, and fails where it first reads there. Blocks at the end that hold
    # nothing it cuts off itself and counts all the same: then the last block that does hold something decides.
    ((whole, block_size),) = con.execute(
        "select total_blocks * block_size, block_size from pragma_database_size() "
        "where database_name = current_database()"
    ).fetchall()
    size = path.stat().st_size
    if size < whole and size < _HEADERS + (_last_block(con, path) + 1) * block_size:
        raise damaged(path)


def _last_block(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    queries = ["select max(block_id) from pragma_metadata_info()"]
    tables = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
    ).fetchall()
    for schema, table in tables:
        name = f'"{schema}"."{table}"'.replace("'", "''")
        last = "greatest(max(block_id), max(list_max(additional_block_ids)))"
        queries.append(f"select {last} from pragma_storage_info('{name}')")
    try:
        return max(one_value(con, query) or 0 for query in queries)
    except duckdb.Error:
        raise damaged(path) from None


def one_value(
    con: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[object] | Mapping[str, object] = ()
) -> Any:
    """First value of the first row a query gives, None when it gives none. Leaves no result open on the connection."""
    rows = con.execute(query, parameters).fetchall()
    return rows[0][0] if rows else None
