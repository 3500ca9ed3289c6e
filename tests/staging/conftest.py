"""Given rows -> staged rows: a warehouse in memory, one source whose columns are named as the canonical ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any

import duckdb
import polars as pl
import pytest

from rr_pipeline.config import CANONICAL, ColumnRule, ReadOptions, Source
from rr_pipeline.config.project import ProjectSettings
from rr_pipeline.staging.staging import stage

Row = dict[str, Any]
Cells = Mapping[str, str | None]


def open_memory() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    for schema in ("raw", "ops", "staging"):
        con.execute(f"create schema {schema}")
    columns = "file_id bigint, source varchar, ingest_batch bigint, closes_at timestamptz"
    con.execute(f"create table ops.ingested_files ({columns})")
    return con


def make_source(name: str = "feed", table: str = "items", **fields: Any) -> Source:
    """A source that maps each canonical column of ``columns`` to the column of the same name."""
    options = fields.pop("options", {})
    mapping = fields.pop("mapping", None)
    columns = fields.pop("columns", CANONICAL[table])
    if mapping is None:
        mapping = {column: ColumnRule(columns=(column,)) for column in columns}
    return Source(
        **{
            "name": name,
            "table": table,
            "object_type": "lead" if table == "items" else None,
            "location": "x.csv",
            "format": "csv",
            "delivered_at": None,
            "optional": False,
            "options": ReadOptions(**options),
            "mapping": mapping,
            **fields,
        }
    )


def load_raw(
    con: duckdb.DuckDBPyConnection, source: str, rows: Sequence[Mapping[str, str | None]], file_id: int
) -> None:
    """Append rows as the ingest room would: every column text, records numbered from 1."""
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["item_id"]
    frame = pl.DataFrame(
        [[row.get(name) for name in names] for row in rows], schema=dict.fromkeys(names, pl.String), orient="row"
    )
    frame = frame.select(
        pl.lit(file_id, pl.Int64).alias("_file_id"), (pl.int_range(pl.len()) + 1).cast(pl.Int64).alias("_row"), *names
    )
    con.register("rows_read", frame)
    con.execute(f'create table if not exists raw."{source}" as from rows_read limit 0')
    con.execute(f'insert into raw."{source}" by name from rows_read')
    con.unregister("rows_read")
    con.execute("insert into ops.ingested_files values (?, ?, ?, null)", [file_id, source, file_id])


def make_project(*sources: Source, **standardise: Any) -> Any:
    return SimpleNamespace(
        sources=sources, settings=ProjectSettings.model_validate({"name": "test", "standardise": standardise})
    )


def staged(con: duckdb.DuckDBPyConnection, table: str = "items") -> list[Row]:
    return list(
        con.sql(f"select * from staged_{table} order by source, file_id, row_number").pl().iter_rows(named=True)
    )


def stage_rows(
    rows: Sequence[Mapping[str, str | None]],
    table: str = "items",
    standardise: Mapping[str, Any] | None = None,
    **fields: Any,
) -> list[Row]:
    """Stage rows of one source in a fresh warehouse."""
    con = open_memory()
    columns = tuple(column for column in CANONICAL[table] if any(column in row for row in rows))
    source = make_source(table=table, **{"columns": columns, **fields})
    load_raw(con, source.name, rows, 1)
    stage(con, make_project(source, **(standardise or {})), [1])
    try:
        return staged(con, table)
    finally:
        con.close()


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_memory()
    yield connection
    connection.close()
