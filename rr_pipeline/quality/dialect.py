"""How SQLAlchemy speaks to the run's own DuckDB connection, inside the transaction that is already open.

Belongs here: what a guest on somebody else's connection must not do, and what differs from PostgreSQL. Does not
belong here: Great Expectations. Import this module inside functions only: SQLAlchemy is slow to import.
"""

from __future__ import annotations

from typing import Any

import duckdb
import duckdb_engine
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.base import PGIdentifierPreparer

_URL = "rr_duckdb"


class TypeName(sa.types.UserDefinedType[Any]):
    """A column's type as DuckDB spells it. Expectations only look at the name."""

    cache_ok = True

    def __init__(self, name: str = "VARCHAR") -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name

    def __str__(self) -> str:
        return self.name


class QuoteAll(PGIdentifierPreparer):
    """Quote every identifier: DuckDB has other reserved words than PostgreSQL, and quoting keeps names as they are."""

    def _requires_quotes(self, value: str) -> bool:
        return True


class GuestDialect(duckdb_engine.Dialect):  # type: ignore[misc]
    """DuckDB without begin, commit, rollback or close: these belong to the run."""

    preparer = QuoteAll
    supports_statement_cache = False

    def initialize(self, connection: Any) -> None:
        """Ask the database nothing: the questions are PostgreSQL's."""
        self.server_version_info = (8, 0)
        self.default_schema_name = "main"
        self._backslash_escapes = False

    def do_begin(self, connection: Any) -> None: ...

    def do_commit(self, connection: Any) -> None: ...

    def do_rollback(self, connection: Any) -> None: ...

    def do_close(self, connection: Any) -> None: ...

    def do_terminate(self, connection: Any) -> None: ...

    def get_pk_constraint(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        return {"constrained_columns": [], "name": None}

    def get_columns(self, connection: Any, table_name: str, schema: str | None = None, **_: Any) -> Any:
        """Columns of a table, a view or a TEMP table, which the stock catalogue query does not see."""
        table = self.identifier_preparer.format_table(sa.table(table_name, schema=schema))
        rows = connection.exec_driver_sql(f"describe select * from {table}").fetchall()
        return [{"name": row[0], "type": TypeName(row[1]), "nullable": True, "default": None} for row in rows]


registry.register(_URL, __name__, "GuestDialect")


def guest_engine(con: duckdb.DuckDBPyConnection) -> sa.Engine:
    """An engine whose only connection is ``con`` itself, so that uncommitted rows and TEMP tables are seen."""
    return sa.create_engine(
        f"{_URL}://", creator=lambda: duckdb_engine.ConnectionWrapper(con), poolclass=sa.pool.StaticPool
    )
