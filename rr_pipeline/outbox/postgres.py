"""The marts of the published copy in a Postgres schema, replaced in one transaction.

Belongs here: the connection, the shapes of tables, the order of statements. Does not belong here: what is in a table.
Readers in Postgres see the old rows until the new ones are all there, and are never blocked: where a table has the
same columns its rows are replaced, so that views, indexes and grants on it stay.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import duckdb

from rr_pipeline.errors import Problem, RefusedError, RunError
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import refuse_unmasked

if TYPE_CHECKING:
    from adbc_driver_manager.dbapi import Cursor

LEFT_OUT = frozenset({"fct_considered"})
"""A row per decision and member considered: ten times all else. It stays in the published copy."""

TYPES = {
    "VARCHAR": "text",
    "BIGINT": "bigint",
    "INTEGER": "integer",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
}
BATCH_ROWS = 100_000

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_DEPENDENT = "2BP01"

ProgressCallback = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class Relation:
    """A table or view of the copy. ``columns``: (name, Postgres type, comment or None)."""

    schema: str
    name: str
    comment: str | None
    columns: tuple[tuple[str, str, str | None], ...]


def postgres_type(kind: str) -> str:
    """The Postgres type of a DuckDB type; KeyError for one that no mart has."""
    return TYPES[kind.removesuffix("[]")] + ("[]" if kind.endswith("[]") else "")


def check_target(url: str, schema: str) -> None:
    """Raise RefusedError (URL_INVALID, SCHEMA_INVALID) for what is no place in Postgres. The URL is not quoted."""
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("postgres", "postgresql") and (parts.port or 1) > 0
    except ValueError:
        is_url = False
    if not is_url:
        raise _refused("--to", "URL_INVALID", "write postgresql://user@host:5432/database")
    if not _NAME.fullmatch(schema) or schema.startswith("pg_"):
        raise _refused("--schema", "SCHEMA_INVALID", "write lower-case letters, digits and _, not beginning with pg_")


def publish_to_postgres(
    copy: Path, url: str, schema: str, progress: ProgressCallback = lambda *_: None
) -> dict[str, int]:
    """Write the marts of the published copy into ``schema``, in one transaction; return rows by table.

    Raises RefusedError: URL_INVALID, SCHEMA_INVALID, EXTRA_MISSING, DATABASE_UNREACHABLE, DATABASE_REFUSED,
    TABLE_IN_USE, COPY_OUTDATED. Then nothing has changed there.
    """
    check_target(url, schema)
    driver = _driver()
    refuse_unmasked(copy.parent)
    with open_analyst(copy) as con:
        relations = read_relations(con)
        try:
            connection = driver.connect(url)
        except driver.Error as error:
            # Its text may hold the whole URL.
            raise _refused("--to", "DATABASE_UNREACHABLE", f"cannot connect ({_state(error)}): {_where(url)}") from None
        try:
            with connection, connection.cursor() as cursor:
                counts = {}
                cursor.execute(f'create schema if not exists "{schema}"')
                for number, relation in enumerate(relations):
                    progress(f"{schema}.{relation.name}", number, len(relations))
                    counts[relation.name] = _replace(con, cursor, schema, relation)
                connection.commit()
        except driver.Error as error:
            raise _refusal(error) from None
    return counts


def read_relations(con: duckdb.DuckDBPyConnection) -> list[Relation]:
    """What is published: all tables and views of marts but ``LEFT_OUT``, and ops.runs, which says how new they are."""
    rows = con.execute(
        """
        select
            schema_name,
            name,
            any_value(relations.comment),
            list((column_name, data_type, columns.comment) order by column_index),
        from (
            select schema_name, table_name as name, comment from duckdb_tables() where not internal
            union all
            select schema_name, view_name as name, comment from duckdb_views() where not internal
        ) as relations
        inner join duckdb_columns() as columns using (schema_name)
        where columns.table_name = relations.name and (schema_name = 'marts' or name = 'runs' and schema_name = 'ops')
        group by all
        order by all
        """
    ).fetchall()
    return [
        Relation(schema, name, comment, tuple((column, postgres_type(kind), text) for column, kind, text in columns))
        for schema, name, comment, columns in rows
        if name not in LEFT_OUT
    ]


def _replace(con: duckdb.DuckDBPyConnection, cursor: Cursor, schema: str, relation: Relation) -> int:
    target = f'"{schema}"."{relation.name}"'
    wanted = [(column, kind) for column, kind, _ in relation.columns]
    if _columns(cursor, schema, relation.name) == wanted:
        cursor.execute(f"delete from {target}")
    else:
        cursor.execute(f"drop table if exists {target}")
        columns = ", ".join(f'"{column}" {kind}' for column, kind in wanted)
        cursor.execute(f"create table {target} ({columns})")
        _describe(cursor, target, relation)
    rows = con.sql(f'select * from {relation.schema}."{relation.name}"').to_arrow_reader(BATCH_ROWS)
    count = cursor.adbc_ingest(relation.name, rows, mode="append", db_schema_name=schema)
    stored = int(_values(cursor, f"select count(*) from {target}")[0][0])
    expected = con.execute(f'select count(*) from {relation.schema}."{relation.name}"').fetchall()[0][0]
    if stored != expected:
        raise RunError(f"{relation.name}: {stored} of {expected} rows arrived in Postgres; nothing was changed there.")
    return max(count, stored)


def _columns(cursor: Cursor, schema: str, name: str) -> list[tuple[str, str]]:
    """Columns of a plain table there, in order; none where there is no such table."""
    query = f"""
        select attname::text, format_type(atttypid, atttypmod)
        from pg_attribute
        where attrelid = to_regclass('"{schema}"."{name}"') and attnum > 0 and not attisdropped
        order by attnum
    """
    plain = {"timestamp with time zone": "timestamptz", "timestamp with time zone[]": "timestamptz[]"}
    return [(str(column), plain.get(kind, kind)) for column, kind in _values(cursor, query)]


def _describe(cursor: Cursor, target: str, relation: Relation) -> None:
    for what, text in (
        (f"table {target}", relation.comment),
        *((f'column {target}."{column}"', text) for column, _, text in relation.columns),
    ):
        if text:
            quoted = text.replace("'", "''")
            cursor.execute(f"comment on {what} is '{quoted}'")


def _values(cursor: Cursor, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    return list(cursor.fetchall())


def _driver() -> Any:
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError:
        raise _refused("--to", "EXTRA_MISSING", "install it first: pip install 'rr-pipeline[postgres]'") from None
    return dbapi


def _where(url: str) -> str:
    parts = urlsplit(url)
    return (
        f"{parts.hostname or 'the local socket'}:{parts.port or 5432}; is the server up, and are name and rights right?"
    )


def _state(error: Any) -> str:
    return str(getattr(error, "sqlstate", None) or type(error).__name__)


def _refusal(error: Any) -> RefusedError:
    """A refusal without the server's words, which may quote values."""
    state = _state(error)
    if state == _DEPENDENT:
        text = "a table has other columns now and something in Postgres depends on it: drop that, or use another schema"
        return _refused("--schema", "TABLE_IN_USE", text)
    return _refused("--to", "DATABASE_REFUSED", f"the server refused (SQLSTATE {state}); nothing was changed there")


def _refused(field: str, code: str, text: str) -> RefusedError:
    return RefusedError(Problem("-", None, field, code, text))
