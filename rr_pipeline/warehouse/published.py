"""The published copy: marts and ops in a file of their own, replaced whole.

Analysts may keep the old file open while the new one takes its name; nobody ever sees half a copy. Personal data
does not travel: raw, staging and intermediate stay in the warehouse.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import duckdb

from rr_pipeline.errors import ResourceError, RunError
from rr_pipeline.warehouse.connection import STORAGE_VERSION, one_value
from rr_pipeline.warehouse.sql_files import layer_files, make_views, write_comments

PUBLISHED_FILE = "routing.duckdb"
MANIFEST_FILE = "manifest.json"
PUBLISHED_SCHEMAS = ("marts", "ops")


def published_run(folder: Path) -> str | None:
    """The run the published copy shows, or None when there is no whole copy."""
    try:
        manifest = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))
        return str(manifest["run_id"]) if (folder / PUBLISHED_FILE).is_file() else None
    except (OSError, ValueError, KeyError):
        return None


def publish(con: duckdb.DuckDBPyConnection, folder: Path, run_id: str, copies: int = 1) -> dict[str, int]:
    """Copy marts and ops of the committed warehouse to ``folder``; return rows by table.

    The copy is written beside the old one, counted against the warehouse, and takes its name in one step. ``copies``
    are kept in all: the ones before are named after their runs.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{PUBLISHED_FILE}.new"
    for leftover in (fresh, fresh.with_name(fresh.name + ".wal")):
        leftover.unlink(missing_ok=True)
    try:
        counts = _copy(con, fresh)
        digest = _sha256(fresh)
        _keep_current(folder, copies)
        os.replace(fresh, folder / PUBLISHED_FILE)
        _write_manifest(folder, run_id, digest, counts)
    except duckdb.IOException as error:
        if "space" in str(error).lower():
            raise ResourceError("the disk is full: the warehouse is complete, the old published copy stands.") from None
        raise
    finally:
        fresh.unlink(missing_ok=True)
    return counts


def _keep_current(folder: Path, copies: int) -> None:
    current = published_run(folder)
    if current is not None and copies > 1:
        kept = folder / f"{PUBLISHED_FILE.removesuffix('.duckdb')}.{current}.duckdb"
        if not kept.exists():
            os.link(folder / PUBLISHED_FILE, kept)
    earlier = sorted(folder.glob(f"{PUBLISHED_FILE.removesuffix('.duckdb')}.run-*.duckdb"))
    for path in earlier[: len(earlier) - (copies - 1)]:
        path.unlink()


def _copy(con: duckdb.DuckDBPyConnection, fresh: Path) -> dict[str, int]:
    quoted = str(fresh).replace("'", "''")
    con.execute(f"attach '{quoted}' as published (storage_version '{STORAGE_VERSION}')")
    try:
        counts = {}
        for schema in PUBLISHED_SCHEMAS:
            con.execute(f"create schema published.{schema}")
        for schema, table in _tables(con):
            name = f"{schema}.{table}"
            con.execute(f'create table published.{schema}."{table}" as from warehouse.{schema}."{table}"')
            counts[name] = _count(con, f'published.{schema}."{table}"')
            if counts[name] != _count(con, f'warehouse.{schema}."{table}"'):
                raise RunError(f"the published copy of {name} is not complete; the old copy stands.")
        con.execute("use published")
        for layer in PUBLISHED_SCHEMAS:
            for sql in layer_files(layer):
                if sql.name in counts:
                    write_comments(con, sql)
            make_views(con, layer)
        return counts
    finally:
        con.execute("use warehouse")
        con.execute("detach published")


def _tables(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    rows = con.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = 'warehouse' "
        "and schema_name in (select unnest(?)) order by all",
        [list(PUBLISHED_SCHEMAS)],
    ).fetchall()
    return [(str(schema), str(table)) for schema, table in rows]


def _count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    return int(one_value(con, f"select count(*) from {name}"))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_manifest(folder: Path, run_id: str, digest: str, counts: dict[str, int]) -> None:
    manifest = {"run_id": run_id, "file": PUBLISHED_FILE, "sha256": digest, "rows": counts}
    fresh = folder / f".{MANIFEST_FILE}.new"
    fresh.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    os.replace(fresh, folder / MANIFEST_FILE)
