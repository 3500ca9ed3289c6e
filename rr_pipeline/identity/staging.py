"""Raw rows of the new files to typed, standardised rows: TEMP tables staged_<table>, one for each canonical input.

Belongs here: the order of the steps. Does not belong here: what a cell means (sql/staging, phones.py, times.py) or
which rows are refused (quality).
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from rr_pipeline.config import CANONICAL, Project
from rr_pipeline.config.sources import Source
from rr_pipeline.identity.lookups import make_domain_names, make_lookups
from rr_pipeline.identity.mapping_sql import identifier, mapped_select
from rr_pipeline.identity.phones import make_phone_texts
from rr_pipeline.identity.times import make_local_days
from rr_pipeline.warehouse.sql_files import make_temp, read_sql

EXTRA_COLUMNS = {"opportunities": ("opportunity_id", "is_won", "closed_at"), "contacts": ("country",)}
"""Columns staging reads beside the canonical ones where a mapping offers them."""

_MACROS = ("macros", "macros_contact", "macros_words")


def stage(con: duckdb.DuckDBPyConnection, project: Project, new_file_ids: Sequence[int]) -> None:
    """Create TEMP tables staged_<table> for all canonical inputs, empty where no new file feeds one.

    Grain: one row per raw row of the files ``new_file_ids``. Needs raw."<source>" and ops.ingested_files, inside the
    caller's transaction, with the session's time zone UTC. Raises RefusedError when a mapping names a column that its
    source never had.
    """
    prepare(con, project)
    fed = make_mapped_views(con, project, new_file_ids)
    make_temp(con, "staging", "country_texts")
    make_temp(con, "staging", "odd_email_texts")
    make_temp(con, "staging", "odd_email_pieces")
    make_temp(con, "staging", "website_texts")
    make_domain_names(con)
    make_temp(con, "staging", "email_texts")
    make_temp(con, "staging", "phone_inputs")
    make_phone_texts(con)
    make_local_days(con, fed)
    for table in CANONICAL:
        make_temp(con, "staging", f"staged_{table}")


def prepare(con: duckdb.DuckDBPyConnection, project: Project) -> None:
    """Define the macros of staging, its variables and its lookup tables."""
    for name in _MACROS:
        con.execute(read_sql("staging", name).statement)
    settings = project.settings.standardise
    con.execute("set variable phone_region = ?", [settings.phone_region])
    con.execute("set variable plus_tag_domains = ?::varchar[]", [list(settings.plus_tag_domains)])
    con.execute("set variable dot_domains = ?::varchar[]", [list(settings.dot_domains)])
    make_lookups(con)


def make_mapped_views(con: duckdb.DuckDBPyConnection, project: Project, new_file_ids: Sequence[int]) -> frozenset[str]:
    """Create TEMP views mapped_<table>: rows of all sources of a table, in canonical columns of clean text.

    Returns the tables that new files feed.
    """
    files = _files_by_source(con, new_file_ids)
    fed = set()
    for table, canonical in CANONICAL.items():
        columns = (*canonical, *(name for name in EXTRA_COLUMNS.get(table, ()) if name not in canonical))
        selects = []
        for source in project.sources:
            if source.table == table and source.name in files:
                selects.append(mapped_select(source, columns, _raw_columns(con, source), files[source.name]))
        if selects:
            fed.add(table)
        body = "\nunion all\n".join(selects or [_empty_select(columns)])
        con.execute(f"create or replace temp view mapped_{table} as {body}")
    return frozenset(fed)


def _files_by_source(con: duckdb.DuckDBPyConnection, file_ids: Sequence[int]) -> dict[str, list[tuple[int, int]]]:
    """Return source -> (file_id, ingest_batch) of the new files, ascending."""
    rows = con.execute(
        "select source, file_id, ingest_batch from ops.ingested_files "
        "where list_contains(?::bigint[], file_id) and ingest_batch is not null order by source, file_id",
        [list(file_ids)],
    ).fetchall()
    files: dict[str, list[tuple[int, int]]] = {}
    for source, file_id, batch in rows:
        files.setdefault(str(source), []).append((int(file_id), int(batch)))
    return files


def _raw_columns(con: duckdb.DuckDBPyConnection, source: Source) -> list[str]:
    described = con.execute(f"describe raw.{identifier(source.name)}").fetchall()
    return [str(row[0]) for row in described if row[0] not in ("_file_id", "_row")]


def _empty_select(columns: Sequence[str]) -> str:
    texts = ", ".join(f"cast(null as varchar) as {identifier(column)}" for column in columns)
    return (
        "select cast(null as bigint) as file_id, cast(null as bigint) as row_number, cast(null as varchar) as source, "
        f"cast(null as bigint) as ingest_batch, cast(null as varchar) as source_time_zone, {texts} where false"
    )
