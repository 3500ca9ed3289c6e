"""Raw rows of the new files to typed, standardised rows: staging.stg_<table>, one for each canonical input.

Belongs here: the order of the steps. Does not belong here: what a cell means (sql/staging, phones.py, times.py) or
which rows are refused (quality).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from rr_pipeline.config import CANONICAL, Project
from rr_pipeline.staging.lookups import make_domain_names, make_lookups
from rr_pipeline.staging.mapped import find_feeds, make_cell_views, make_mapped_views
from rr_pipeline.staging.phones import make_phone_texts
from rr_pipeline.staging.times import make_local_days
from rr_pipeline.warehouse.sql_files import create_empty, make_temp, read_sql, table_exists

_MACROS = ("macros", "macros_contact", "macros_words")


def stage(con: duckdb.DuckDBPyConnection, project: Project, new_file_ids: Sequence[int]) -> None:
    """Append to staging.stg_<table> for all canonical inputs; TEMP views staged_<table> show what is new.

    Grain: one row per raw row of the files ``new_file_ids``. Needs raw."<source>" and ops.ingested_files, inside the
    caller's transaction, with the session's time zone UTC. Raises RefusedError when a mapping names a column that its
    source never had.
    """
    prepare(con, project)
    feeds = find_feeds(con, project, new_file_ids)
    fed = {feed.source.table for feed in feeds}
    missing = {table for table in CANONICAL if not table_exists(con, f"staging.stg_{table}")}
    make_mapped_views(con, feeds, fed | missing)
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
    since = min(new_file_ids, default=2**62)
    for table in CANONICAL:
        if table in missing:
            create_empty(con, f"staging.stg_{table}", read_sql("staging", f"staged_{table}").statement)
        if table in fed:
            _append(con, table)
        con.execute(f"create or replace temp view staged_{table} as from staging.stg_{table} where file_id >= {since}")


def _append(con: duckdb.DuckDBPyConnection, table: str) -> None:
    # Written once, where it stays: a view shows what is new, and rows that are refused are deleted again.
    # Rows of a table have no order; keeping that of the files would leave all but one core idle.
    con.execute("set preserve_insertion_order = false")
    con.execute(f"insert into staging.stg_{table} by name {read_sql('staging', f'staged_{table}').statement}")
    con.execute("reset preserve_insertion_order")


def prepare(con: duckdb.DuckDBPyConnection, project: Project) -> None:
    """Define the macros of staging, its variables and its lookup tables."""
    for name in _MACROS:
        con.execute(read_sql("staging", name).statement)
    settings = project.settings.standardise
    con.execute("set variable phone_region = ?::varchar", [settings.phone_region])
    con.execute("set variable plus_tag_domains = ?::varchar[]", [list(settings.plus_tag_domains)])
    con.execute("set variable dot_domains = ?::varchar[]", [list(settings.dot_domains)])
    make_lookups(con)
