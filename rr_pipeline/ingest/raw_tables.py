"""The raw layer: one table a source, append-only, every delivered column as text.

Belongs here: SQL on raw tables. Does not belong here: files and the ledger. Keys: (_file_id, _row). ``_row`` is the
number of the physical record in its file (1 = first after the header). A column that a file lacks is null in its rows;
in CSV an unquoted empty field is null, a quoted empty one is ''.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from rr_pipeline.config import Source
from rr_pipeline.errors import InvariantError, RunError
from rr_pipeline.ingest.cells import ROW
from rr_pipeline.ingest.header import mapped_columns
from rr_pipeline.warehouse import is_damage, lacking, lend

_GROUP_SUM = "select _file_id, count(*), sum(_row)::hugeint from {table} where _file_id >= ? group by all"


def quoted(name: str) -> str:
    """Quote an identifier for DuckDB."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for DuckDB."""
    return "'" + text.replace("'", "''") + "'"


def file_literal(path: Path) -> str:
    """Quote a path for DuckDB, its letters *, ? and [ meaning themselves."""
    return literal(re.sub(r"([*?\[])", r"[\1]", str(path)))


def raw_table(source: str) -> str:
    """Return the quoted name of a source's raw table."""
    return f"raw.{quoted(source)}"


def run_sql(
    con: duckdb.DuckDBPyConnection, sql: str, values: Sequence[object] = (), *, what: str
) -> list[tuple[object, ...]]:
    """Execute; an error comes out without the engine's text, which quotes values.

    Raises ResourceError (disk or memory) or RunError naming ``what``.
    """
    failure: RunError
    try:
        return list(con.execute(sql, list(values)).fetchall())
    except duckdb.Error as error:  # its text quotes cells
        if is_damage(error):
            raise
        is_disk = isinstance(error, duckdb.IOException)
        other = RunError(f"{'the disk cannot be read or written' if is_disk else type(error).__name__}: {what}.")
        failure = lacking(error, what) or other
    raise failure


def columns_of_all(con: duckdb.DuckDBPyConnection) -> dict[str, frozenset[str]]:
    """Return the delivered columns of every raw table there is, case-folded, asked for in one statement."""
    query = """
        select table_name, column_name from duckdb_columns()
        where schema_name = 'raw' and database_name = current_database() and column_name not in ('_file_id', '_row')
    """
    found: dict[str, set[str]] = {}
    for table, column in run_sql(con, query, what="raw tables"):
        found.setdefault(str(table), set()).add(str(column).casefold())
    return {table: frozenset(columns) for table, columns in found.items()}


def ensure_tables(con: duckdb.DuckDBPyConnection, sources: Iterable[Source]) -> None:
    """Create the raw tables that are missing, and add the columns that a changed mapping names."""
    there = columns_of_all(con)
    for source in sources:
        wanted = {name.casefold() for name in mapped_columns(source)}
        if not wanted or not wanted <= there.get(source.name, frozenset()):
            ensure_table(con, source)


def ensure_table(con: duckdb.DuckDBPyConnection, source: Source) -> None:
    """Create the raw table with the mapped columns, or add those that a changed mapping names."""
    table = raw_table(source.name)
    run_sql(con, f"create table if not exists {table} (_file_id bigint not null, _row bigint not null)", what=table)
    add_columns(con, source.name, mapped_columns(source))


def columns_of(con: duckdb.DuckDBPyConnection, source: str) -> dict[str, str]:
    """Return the delivered columns of a raw table, keyed by case-folded name, in order."""
    rows = run_sql(con, f"describe {raw_table(source)}", what=source)
    names = [str(row[0]) for row in rows]
    return {name.casefold(): name for name in names if name not in ("_file_id", "_row")}


def add_columns(con: duckdb.DuckDBPyConnection, source: str, names: Iterable[str]) -> None:
    """Add the columns that are not there yet."""
    table, present = raw_table(source), columns_of(con, source)
    new: dict[str, str] = {}
    for name in names:
        if name.casefold() not in present:
            new.setdefault(name.casefold(), name)
    if not new:
        return
    if run_sql(con, f"select 1 from {table} limit 1", what=source):
        for name in new.values():
            run_sql(con, f"alter table {table} add column {quoted(name)} varchar", what=source)
        return
    # Adding columns one by one takes seconds for a thousand of them; an empty table is made again.
    columns = ", ".join(f"{quoted(name)} varchar" for name in (*present.values(), *new.values()))
    sql = f"create or replace table {table} (_file_id bigint not null, _row bigint not null, {columns})"
    run_sql(con, sql, what=source)


def load(con: duckdb.DuckDBPyConnection, source: str, batches: Sequence[tuple[int, pa.RecordBatch]]) -> None:
    """Insert batches of rows, each with the id of its file; at least one row. The table has all their columns.

    Many files at once, because each insert has its price; what a batch lacks is null in its rows.
    """
    present = columns_of(con, source)
    used = {name.casefold() for _, batch in batches for name in batch.schema.names}
    names = [name for name in present if name in used]
    rows = pa.Table.from_batches([_widened(file_id, batch, names) for file_id, batch in batches])
    columns = ", ".join(["_file_id", "_row", *(quoted(present[name]) for name in names)])
    with lend(con, "raw_rows", rows):
        sql = f"insert into {raw_table(source)} ({columns}) select * from raw_rows"
        run_sql(con, sql, what=f"source {source}: new rows")


def _widened(file_id: int, batch: pa.RecordBatch, names: Sequence[str]) -> pa.RecordBatch:
    """Return the batch with exactly these columns (case-folded) behind the file's id and the row's number."""
    places = {name.casefold(): place for place, name in enumerate(batch.schema.names)}
    nothing = pa.nulls(len(batch), pa.string())
    ids = pa.array(np.full(len(batch), file_id, np.int64))
    cells = (batch.column(places[name]) if name in places else nothing for name in names)
    return pa.RecordBatch.from_arrays([ids, batch.column(places[ROW]), *cells], names=["_file_id", ROW, *names])


def check_loaded(
    con: duckdb.DuckDBPyConnection, source: str, first_file_id: int, expected: Mapping[int, tuple[int, int]]
) -> None:
    """Compare what is in raw with what was read: {file id: (rows, sum of row numbers)}. Raises InvariantError."""
    rows = run_sql(con, _GROUP_SUM.format(table=raw_table(source)), [first_file_id], what=source)
    found = {int(str(row[0])): (int(str(row[1])), int(str(row[2]))) for row in rows}
    wanted = {file_id: numbers for file_id, numbers in expected.items() if numbers[0]}
    if found != wanted:
        wrong = sorted(key for key in found.keys() | wanted.keys() if found.get(key) != wanted.get(key))
        raise InvariantError(f"source {source}: rows of file ids {wrong} in raw are not those that were read.")
