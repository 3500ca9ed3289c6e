"""Raw rows of the new files to typed, standardised rows: staging.stg_<table>, one for each canonical input.

Belongs here: the order of the steps. Does not belong here: what a cell means (sql/staging, phones.py, times.py) or
which rows are refused (quality).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from rr_pipeline.config import CANONICAL, Project
from rr_pipeline.config.canonical import Column, staged_columns
from rr_pipeline.staging.lookups import make_domain_names, make_lookups
from rr_pipeline.staging.mapped import find_feeds, make_cell_views, make_mapped_views
from rr_pipeline.staging.phones import make_phone_texts
from rr_pipeline.staging.plain_columns import SHARED_CODES, code_columns, row_hash
from rr_pipeline.staging.times import make_local_days
from rr_pipeline.warehouse.sql_files import SqlFile, add_columns, create_empty, make_temp, read_sql, table_exists

_PLACE = "file_id, row_number, source, ingest_batch"
"""Where a staged row stands."""

_MACROS = ("macros", "macros_contact", "macros_identity", "macros_words")


def stage(con: duckdb.DuckDBPyConnection, project: Project, new_file_ids: Sequence[int]) -> None:
    """Append to staging.stg_<table> for all canonical inputs; TEMP views staged_<table> show what is new.

    Grain: one row per raw row of the files ``new_file_ids``. Needs raw."<source>" and ops.ingested_files, inside the
    caller's transaction, with the session's time zone UTC. Raises RefusedError when a mapping names a column that its
    source never had.
    """
    prepare(con, project)
    feeds = find_feeds(con, project, new_file_ids)
    fed, behind = {feed.source.table for feed in feeds}, _behind(con)
    make_cell_views(con, feeds)
    make_temp(con, "staging", "country_texts")
    make_temp(con, "staging", "email_cell_texts")
    make_temp(con, "staging", "odd_email_texts")
    make_temp(con, "staging", "odd_email_pieces")
    make_temp(con, "staging", "website_texts")
    make_domain_names(con)
    make_temp(con, "staging", "email_texts")
    make_temp(con, "staging", "phone_inputs")
    make_phone_texts(con)
    make_local_days(con)
    make_mapped_views(con, feeds, fed | behind)
    since = min(new_file_ids, default=2**62)
    for table in CANONICAL:
        if table in behind:
            _keep_columns(con, table)
        if table in fed:
            _append(con, table)
        con.execute(f"create or replace temp view staged_{table} as from staging.stg_{table} where file_id >= {since}")


def _behind(con: duckdb.DuckDBPyConnection) -> set[str]:
    """Return the canonical tables whose table of the layer is not there, or lacks a column that this version has."""
    rows = con.execute(
        "select substring(table_name, 5), list(column_name) from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'staging' and starts_with(table_name, 'stg_') "
        "group by all"
    ).fetchall()
    stored = {str(table): set(columns) for table, columns in rows}
    wanted = {table: (*_sql(table).columns, *staged_columns(table), *SHARED_CODES) for table in CANONICAL}
    return {table for table, columns in wanted.items() if not stored.get(table, set()).issuperset(columns)}


def _sql(table: str) -> SqlFile:
    return read_sql("staging", f"staged_{table}")


def _rows(table: str) -> str:
    """Return the SELECT of the new rows of a table of the layer."""
    return f"select {_PLACE}, {row_hash(table)} as row_hash, * exclude ({_PLACE}) from ({_sql(table).statement})"


def _keep_columns(con: duckdb.DuckDBPyConnection, table: str) -> None:
    name = f"staging.stg_{table}"
    if table_exists(con, name):
        add_columns(con, name, _rows(table))
    else:
        create_empty(con, name, _rows(table))


def _append(con: duckdb.DuckDBPyConnection, table: str) -> None:
    # Written once, where it stays: a view shows what is new, and rows that are refused are deleted again.
    # Rows of a table have no order; keeping that of the files would leave all but one core idle.
    con.execute("set preserve_insertion_order = false")
    con.execute(f"insert into staging.stg_{table} by name {_rows(table)}")
    con.execute("reset preserve_insertion_order")


def staged_codes(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, tuple[Column, ...]]:
    """Return the code columns of ``staged_<table>`` that plain columns fill, each with these."""
    there = {name for name, *_ in con.execute(f"describe staged_{table}").fetchall()}
    return {code: columns for code, columns in code_columns(table).items() if code in there}


def prepare(con: duckdb.DuckDBPyConnection, project: Project) -> None:
    """Define the macros of staging, its variables and its lookup tables."""
    for name in _MACROS:
        con.execute(read_sql("staging", name).statement)
    settings = project.settings.standardise
    con.execute("set variable phone_region = ?::varchar", [settings.phone_region])
    con.execute("set variable plus_tag_domains = ?::varchar[]", [list(settings.plus_tag_domains)])
    con.execute("set variable dot_domains = ?::varchar[]", [list(settings.dot_domains)])
    day_after = [source.name for source in project.sources if source.end_dates == "day_after"]
    con.execute("set variable day_after_sources = ?::varchar[]", [day_after])
    make_lookups(con)
