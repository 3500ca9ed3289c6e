"""The SQL files: one SELECT each, with a header that is the contract of the table it makes.

The header is the first comment block:

    -- marts.fct_items: what the table is for, in one or more lines.
    -- kind: table            (one of KINDS)
    -- changes: appended by run_id   (how a run changes a table that grows; see changes.py)
    -- step: arrivals         (of rows, changes and queries: the step that performs it)
    -- grain: one row per ...
    -- key: item_seq          (columns that no two rows share)
    -- reads: int_due_items   (what code looks at to make the rows, where the statement does not say it)
    -- into: ops.batches      (of rows: the table they are put into)
    -- by: key(item_seq)      (how its input may be cut, and the same rows come out; without it, not at all)
    -- masks: item_id id, owner_id user   (columns of delivered texts, and how they are published; see masks.py)
    -- columns as: ops.quarantine    (where they follow from another place)
    -- columns:
    --   item_id: meaning, unit

``<table>`` and the like in a name stand for several tables made alike (``SqlFile.of``). ``lent`` in a statement stands
for rows of this process. What follows a line ``-- until marts.fct_items is there:`` is the statement of runs that find
no such table.

Descriptions become COMMENT ON in the database, and a test compares the header with the table that came out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from rr_pipeline.core.limits import STATE_COLUMNS
from rr_pipeline.core.model import POOL_COLUMNS
from rr_pipeline.core.vocabulary import VOCABULARY, listed
from rr_pipeline.shipped import sql_folder
from rr_pipeline.warehouse.lending import lend

KINDS: Mapping[str, str] = {
    "table": "rows of this run are appended",
    "rebuilt": "made again by each run",
    "declared": "CREATE TABLE, filled by code",
    "view": "a view, also in the published copy",
    "macro": "a macro",
    "temp": "a table of this run only: a SELECT, or CREATE TEMP TABLE where code fills it",
    "temp view": "a view of this run only",
    "generated": "made by code from mappings, policies or schemas, which write its statement: a header alone",
    "rows": "rows that a step puts into the table named by `into`",
    "change": "UPDATE or DELETE of the table named by `into`",
    "query": "rows that a step reads",
    "check": "rows that break an invariant",
}
LENT = "lent"
"""Name under which a statement reads rows of this process."""

DERIVED: Mapping[str, Mapping[str, str]] = {
    "(windows of limits: core/limits.py)": STATE_COLUMNS,
    "(settings of pools: core/model.py)": POOL_COLUMNS,
}
"""Lines that stand in a header for columns which are written down elsewhere."""

_TITLE = re.compile(r"^(?P<name>[a-z_<>]+(?:\.[a-z_0-9<>]+)?): (?P<text>.+)$")
_WORDS = re.compile(r"<<(?P<group>[a-z_]+)(?:: (?P<form>when|said))?>>")
_COLUMN = re.compile(r"^  (?P<name>[a-z_0-9]+): (?P<text>.+)$")
_FIELD = re.compile(r"^(?P<name>kind|step|grain|changes|masks|key|reads|into|by|columns as): (?P<text>.+)$")
_UNTIL = re.compile(r"^-- until (?P<table>[a-z_.]+) is there:$", re.MULTILINE)


@dataclass(frozen=True)
class SqlFile:
    """One SQL file: qualified table ``name``, its header and the statement below it.

    ``until_then``: the statement while the table ``needed`` is not there yet; both empty for most.
    """

    name: str
    kind: str
    description: str
    grain: str
    columns: dict[str, str]
    statement: str
    changes: str = ""
    masks: Mapping[str, str] = field(default_factory=dict)
    step: str = ""
    key: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    into: str = ""
    by: str = ""
    columns_as: str = ""
    needed: str = ""
    until_then: str = ""

    def of(self, **words: str) -> SqlFile:
        """The same for one of the tables it stands for: ``<table>`` becomes what ``table`` is given as, and so on."""
        if not words:
            return self

        def put(text: str) -> str:
            for name, word in words.items():
                text = text.replace(f"<{name}>", word)
            return text

        return replace(
            self,
            name=put(self.name),
            statement=put(self.statement),
            into=put(self.into),
            by=put(self.by),
            columns_as=put(self.columns_as),
            key=tuple(map(put, self.key)),
            reads=tuple(map(put, self.reads)),
        )


def _header(text: str) -> tuple[list[str], str]:
    lines = text.splitlines()
    count = next((number for number, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [line[3:].rstrip() for line in lines[:count]], "\n".join(lines[count:]).strip().rstrip(";")


def parse_sql(text: str, where: str) -> SqlFile:
    """Read header and statement; ``where`` names the file in the error of a header that is not in order."""
    header, statement = _header(text)
    header, statement = [_listed(line) for line in header], _quoted(statement)
    title = _TITLE.match(header[0]) if header else None
    if title is None:
        raise ValueError(f"{where}: the first line must read '-- schema.table: description'")
    fields, columns = _fields(header[1:])
    kind = fields.get("kind", "table")
    if kind not in KINDS:
        raise ValueError(f"{where}: kind must be one of {', '.join(KINDS)}")
    statement, needed, until_then = _split(statement)
    return SqlFile(
        title["name"],
        kind,
        f"{title['text']} {fields.get('title', '')}".strip(),
        fields.get("grain", ""),
        columns,
        statement,
        fields.get("changes", ""),
        _masks(fields.get("masks", ""), where),
        fields.get("step", ""),
        _names(fields.get("key", "")),
        _names(fields.get("reads", "")),
        fields.get("into", ""),
        fields.get("by", ""),
        fields.get("columns as", ""),
        needed,
        until_then,
    )


def _fields(lines: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The fields of a header, further lines of the description as ``title``, and its columns."""
    fields: dict[str, str] = {}
    columns: dict[str, str] = {}
    section = "title"
    for line in lines:
        if found := _FIELD.match(line):
            section = found["name"]
            fields[section] = found["text"].strip()
        elif line == "columns:":
            section = "columns"
        elif section == "columns" and line.strip() in DERIVED:
            columns |= DERIVED[line.strip()]
        elif section == "columns" and (column := _COLUMN.match(line)):
            columns[column["name"]] = column["text"].strip()
        elif section == "columns" and columns:
            columns[next(reversed(columns))] += " " + line.strip()
        else:
            fields[section] = f"{fields.get(section, '')} {line.strip()}".strip()
    return fields, columns


def _split(statement: str) -> tuple[str, str, str]:
    found = _UNTIL.search(statement)
    if found is None:
        return statement, "", ""
    return statement[: found.start()].strip(), found["table"], statement[found.end() :].strip()


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def _listed(line: str) -> str:
    """Put the words of the vocabulary into a line of a header: ``<<item_outcomes>>`` lists them, ``<<causes: said>>``
    with what each says.
    """
    return _WORDS.sub(lambda found: listed(found["group"], is_said=found["form"] == "said"), line)


def _quoted(statement: str) -> str:
    """Put words into a statement: ``<<reasons>>`` as literals, ``<<reasons: when>>`` as branches that say each."""
    return _WORDS.sub(lambda found: _literals(VOCABULARY[found["group"]], is_case=found["form"] == "when"), statement)


def _literals(group: Mapping[str, str], is_case: bool) -> str:
    if is_case:
        return "\n        ".join(f"when '{word}' then '{text}'" for word, text in group.items())
    return ", ".join(f"'{word}'" for word in group)


def _masks(text: str, where: str) -> dict[str, str]:
    pairs = [one.split() for one in text.split(",") if one.strip()]
    if any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{where}: masks are written as 'column kind, column kind'")
    return {pair[0]: pair[1] for pair in pairs}


@cache
def read_sql(layer: str, table: str) -> SqlFile:
    """Read ``sql/<layer>/<table>.sql``."""
    path = sql_folder() / layer / f"{table}.sql"
    return parse_sql(path.read_text(encoding="utf-8"), f"sql/{layer}/{table}.sql")


def layers() -> list[str]:
    """The folders of SQL files, by name."""
    return sorted(path.name for path in sql_folder().iterdir() if path.is_dir())


def layer_files(layer: str) -> list[SqlFile]:
    """All SQL files of a layer, by name."""
    return [read_sql(layer, path.stem) for path in sorted((sql_folder() / layer).glob("*.sql"))]


def make_temp(
    con: duckdb.DuckDBPyConnection, layer: str, name: str, values: Mapping[str, object] | None = None, **words: str
) -> None:
    """Make the temporary table or view of this run that a file of kind temp or temp view says.

    ``values``: the parameters of its statement; ``words``: which one of those that the file stands for.
    """
    sql = read_sql(layer, name).of(**words)
    if sql.statement.startswith("create "):
        con.execute(sql.statement)
        return
    what = "view" if sql.kind == "temp view" else "table"
    con.execute(f"create or replace temp {what} {sql.name} as {_fitting(con, sql)}", values)


def lend_temp(
    con: duckdb.DuckDBPyConnection, layer: str, name: str, rows: pa.Table, values: Mapping[str, object] | None = None
) -> None:
    """Make the temporary table of this run whose statement reads ``rows`` as ``lent``."""
    with lend(con, LENT, rows):
        make_temp(con, layer, name, values)


def insert_rows(
    con: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, object] | None = None, rows: pa.Table | None = None
) -> None:
    """Put the rows of ``sql/changes/<name>.sql`` into its table. ``rows``: what its statement reads as ``lent``."""
    sql = read_sql("changes", name)
    _with_lent(con, f"insert into {sql.into} by name {sql.statement}", values, rows)


def change(
    con: duckdb.DuckDBPyConnection,
    name: str,
    values: Mapping[str, object] | None = None,
    rows: pa.Table | None = None,
    **words: str,
) -> None:
    """Perform the UPDATE or DELETE of ``sql/changes/<name>.sql``."""
    _with_lent(con, read_sql("changes", name).of(**words).statement, values, rows)


def ask(
    con: duckdb.DuckDBPyConnection, name: str, values: Mapping[str, object] | None = None, **words: str
) -> list[tuple[Any, ...]]:
    """Return the rows of ``sql/queries/<name>.sql``."""
    rows: list[tuple[Any, ...]] = con.execute(query(con, name, **words), values).fetchall()
    return rows


def query(con: duckdb.DuckDBPyConnection, name: str, **words: str) -> str:
    """Return the statement of ``sql/queries/<name>.sql`` that fits the tables there are."""
    return _fitting(con, read_sql("queries", name).of(**words))


def _fitting(con: duckdb.DuckDBPyConnection, sql: SqlFile) -> str:
    is_early = bool(sql.needed) and not table_exists(con, sql.needed)
    return sql.until_then if is_early else sql.statement


def _with_lent(
    con: duckdb.DuckDBPyConnection, statement: str, values: Mapping[str, object] | None, rows: pa.Table | None
) -> None:
    with nullcontext() if rows is None else lend(con, LENT, rows):
        con.execute(statement, values)


def append(con: duckdb.DuckDBPyConnection, layer: str, table: str) -> None:
    """Append the rows of this run to the table; the first run creates it, with its comments."""
    sql = read_sql(layer, table)
    ensure_table(con, sql)
    con.execute(f"insert into {sql.name} by name {sql.statement}")


def declare(con: duckdb.DuckDBPyConnection, layer: str, table: str) -> None:
    """Create a table that code fills, with its comments, when it is not there yet."""
    sql = read_sql(layer, table)
    if not table_exists(con, sql.name):
        con.execute(sql.statement)
        write_comments(con, sql)


def ensure_table(con: duckdb.DuckDBPyConnection, sql: SqlFile) -> None:
    """Create the table of an appending file when it is not there yet."""
    if not table_exists(con, sql.name):
        create_empty(con, sql.name, sql.statement)
        write_comments(con, sql)


def create_empty(con: duckdb.DuckDBPyConnection, name: str, statement: str) -> None:
    """Create an empty table with the columns that a SELECT gives.

    Never by ``create table ... as ... limit 0``: where an INSERT of no rows at all comes first in a transaction (and
    that is one), DuckDB 2.0.0 loses, without a word, the rows of a later parallel INSERT into the same table. Nothing
    here may insert nothing before it inserts much; the invariants count what is stored, not what was sent.
    """
    described = con.execute(f"describe {statement}").fetchall()
    columns = ", ".join(f'"{column}" {kind}' for column, kind, *_ in described)
    con.execute(f"create table {name} ({columns})")


def add_columns(con: duckdb.DuckDBPyConnection, name: str, statement: str) -> None:
    """Give a table the columns that a SELECT has and it lacks, empty.

    Call it before the transaction changes rows of the table: DuckDB refuses to commit a column that comes after.
    """
    stored = {column for column, *_ in con.execute(f"describe {name}").fetchall()}
    for column, kind, *_ in con.execute(f"describe {statement}").fetchall():
        if column not in stored:
            con.execute(f'alter table {name} add column "{column}" {kind}')


def table_exists(con: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Whether ``schema.table`` is in the current database."""
    schema, _, table = name.partition(".")
    try:
        # Binding a name takes a tenth of what a look through the whole catalogue takes, and a run asks often.
        con.execute(f'select 1 from {schema}."{table}" limit 0').fetchall()
    except duckdb.CatalogException:
        return False
    return True


def fill(con: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Sequence[object]]) -> None:
    """Insert rows of values into a table, all of them in one statement; none where there are no rows."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    if columns:
        con.execute(f"insert into {table} select {', '.join(['unnest(?)'] * len(columns))}", columns)


def make_views(con: duckdb.DuckDBPyConnection, layer: str) -> None:
    """Create scalar macros, views, and macros that are tables, of a layer: each may use what comes before it."""
    files = layer_files(layer)
    macros = [file for file in files if file.kind == "macro"]
    for sql in (macro for macro in macros if " as table " not in macro.statement):
        con.execute(sql.statement)
    for sql in (file for file in files if file.kind == "view"):
        con.execute(f"create or replace view {sql.name} as {sql.statement}")
        write_comments(con, sql)
    for sql in (macro for macro in macros if " as table " in macro.statement):
        con.execute(sql.statement)


def write_comments(con: duckdb.DuckDBPyConnection, sql: SqlFile) -> None:
    """Put description, grain and column meanings into the database itself."""
    what = "view" if sql.kind == "view" else "table"
    said = {f"{what} {sql.name}": f"{sql.description} Grain: {sql.grain}"}
    said |= {f"column {sql.name}.{column}": meaning for column, meaning in sql.columns.items()}
    quoted = {place: text.replace("'", "''") for place, text in said.items()}
    con.execute("; ".join(f"comment on {place} is '{text}'" for place, text in quoted.items()))
