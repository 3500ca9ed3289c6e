"""The mapped rows of a run as TEMP views: whole rows by table, and the cells that are read as distinct values first.

Belongs here: which sources feed a table, and over which of their files. Does not belong here: what a mapping means
(mapping_sql.py) or how cells are standardised (sql/staging).

The views of cells are narrow on purpose: a query over a whole-row view is bound and optimised with every column of
every source, whatever it reads.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import duckdb

from rr_pipeline.config import Project, Source
from rr_pipeline.config.canonical import CANONICAL, COLUMNS
from rr_pipeline.staging.mapping_sql import identifier, literal, mapped_select
from rr_pipeline.staging.plain_columns import typed_select

EXTRA_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType({"contacts": ("country",)})
"""Columns staging reads beside the canonical ones where a mapping offers them."""

LOCAL_TO: Mapping[tuple[str, str], tuple[str, ...]] = MappingProxyType(
    {("users", name): ("time_zone",) for name in ("active_from", "active_until")}
)
"""Times that are local to a zone in a column beside them, before that of the source."""

CELL_VIEWS: Mapping[str, tuple[tuple[str, ...], tuple[tuple[str, tuple[str, ...]], ...]]] = MappingProxyType(
    {
        "email_cells": (
            ("email",),
            (
                ("items", ("email",)),
                ("items", ("other_emails",)),
                ("contacts", ("email",)),
                ("users", ("email",)),
            ),
        ),
        "website_cells": (
            ("website",),
            (("items", ("website",)), ("accounts", ("website",)), ("accounts", ("domain",))),
        ),
        "country_cells": (
            ("country",),
            (("items", ("country",)), ("accounts", ("country",)), ("contacts", ("country",))),
        ),
        "phone_cells": (("phone", "country"), (("items", ("phone", "country")), ("contacts", ("phone", "country")))),
        "time_cells": (
            ("local_time", "time_zone"),
            tuple(
                (table, (column.name, *LOCAL_TO.get((table, column.name), ())))
                for table, columns in COLUMNS.items()
                for column in columns
                if column.kind == "time"
            ),
        ),
    }
)
"""View -> its columns, and the (table, columns) that fill it; missing columns at the end are null."""


@dataclass(frozen=True)
class Feed:
    """A source with new files. ``files``: (file_id, ingest_batch), ascending, at least one."""

    source: Source
    raw_columns: tuple[str, ...]
    files: tuple[tuple[int, int], ...]

    def select(self, columns: Sequence[str]) -> str:
        """Return the SELECT of the mapped rows with these canonical columns."""
        return mapped_select(self.source, columns, self.raw_columns, self.files)


def find_feeds(con: duckdb.DuckDBPyConnection, project: Project, new_file_ids: Sequence[int]) -> tuple[Feed, ...]:
    """Return the sources that the new files belong to, in the order of their names."""
    rows = con.execute(
        "select source, file_id, ingest_batch from ops.ingested_files "
        "where list_contains(?::bigint[], file_id) and ingest_batch is not null order by source, file_id",
        [list(new_file_ids)],
    ).fetchall()
    files: dict[str, list[tuple[int, int]]] = {}
    for source, file_id, batch in rows:
        files.setdefault(str(source), []).append((int(file_id), int(batch)))
    return tuple(
        Feed(source, _raw_columns(con, source.name), tuple(files[source.name]))
        for source in project.sources
        if source.name in files
    )


def _raw_columns(con: duckdb.DuckDBPyConnection, source: str) -> tuple[str, ...]:
    described = con.execute(f"describe raw.{identifier(source)}").fetchall()
    return tuple(str(row[0]) for row in described if row[0] not in ("_file_id", "_row"))


def make_mapped_views(con: duckdb.DuckDBPyConnection, feeds: Iterable[Feed], tables: Collection[str]) -> None:
    """Create TEMP views mapped_<table> of these: rows of all feeds of a table, in canonical columns.

    Grain: one row per raw row of the new files. Columns: ADDED_COLUMNS of mapping_sql; the canonical ones and extras:
    plain columns typed, all others clean text; code columns of the plain ones. Needs TEMP local_days.
    """
    by_table = list(feeds)
    for table in sorted(tables):
        canonical = CANONICAL[table]
        extras = tuple(name for name in EXTRA_COLUMNS.get(table, ()) if name not in canonical)
        columns = (*canonical, *extras)
        selects = [feed.select(columns) for feed in by_table if feed.source.table == table]
        mapped = "\nunion all\n".join(selects or [_no_rows(columns)])
        con.execute(f"create or replace temp view mapped_{table} as {typed_select(table, mapped, extras)}")


def make_cell_views(con: duckdb.DuckDBPyConnection, feeds: Sequence[Feed]) -> None:
    """Create the TEMP views of CELL_VIEWS: source_time_zone and the view's columns, one row per raw row and origin."""
    for view, (names, origins) in CELL_VIEWS.items():
        selects = [
            _cells(feed, names, columns)
            for table, columns in origins
            for feed in feeds
            if feed.source.table == table and columns[0] in feed.source.mapping
        ]
        nothing = ", ".join(f"{literal(None)} as {name}" for name in ("source_time_zone", *names))
        _make_view(con, view, selects or [f"select {nothing} where false"])


def _cells(feed: Feed, names: Sequence[str], columns: Sequence[str]) -> str:
    cells = [*(identifier(column) for column in columns), *[literal(None)] * (len(names) - len(columns))]
    named = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, names, strict=True))
    return f"select source_time_zone, {named} from ({feed.select(columns)})"


def _make_view(con: duckdb.DuckDBPyConnection, name: str, selects: Sequence[str]) -> None:
    con.execute(f"create or replace temp view {name} as " + "\nunion all\n".join(selects))


def _no_rows(columns: Sequence[str]) -> str:
    texts = ", ".join(f"{literal(None)} as {identifier(column)}" for column in columns)
    return (
        "select cast(null as bigint) as file_id, cast(null as bigint) as row_number, cast(null as varchar) as source, "
        f"cast(null as bigint) as ingest_batch, cast(null as varchar) as source_time_zone, "
        f"cast(null as varchar) as cell_code, {texts} where false"
    )
