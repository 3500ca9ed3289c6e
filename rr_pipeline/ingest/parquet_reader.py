"""Parquet: every column as text, from a private copy that was read to its end before anything is loaded.

Belongs here: what is wrong with a Parquet file, types as text. Does not belong here: other formats. A damaged file
makes the engine fail and spoil the transaction it runs in, so it is tried on a connection of its own first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa

from rr_pipeline.config import Source
from rr_pipeline.config.project import FileLimits
from rr_pipeline.errors import Problem, RunError
from rr_pipeline.ingest import header
from rr_pipeline.ingest.cells import ROW
from rr_pipeline.ingest.raw_tables import file_literal, quoted
from rr_pipeline.ingest.rejects import Rejects
from rr_pipeline.ingest.results import FileRefusedError

_NUMERIC = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_FLOATING = ("FLOAT", "DOUBLE")
# Beyond this, not every whole number has a value of its own in a DOUBLE.
_EXACT = 2**53
_BATCH_ROWS = 20_000
_ROW_NUMBER = "file_row_number"
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"


@dataclass
class ParquetFound:
    """What trying the file found. ``columns`` in file order, ``cells`` the SQL of each as text."""

    columns: tuple[str, ...] = ()
    cells: tuple[str, ...] = ()
    row_count: int = 0
    loaded_count: int = 0
    loaded_row_sum: int = 0
    refused_rows: tuple[int, ...] = ()
    warnings: list[Problem] = field(default_factory=list)


def copy_parquet(blocks: Iterator[bytes], copy: Path) -> None:
    """Write the file's bytes to ``copy``. Raises FileRefusedError: PARQUET_DAMAGED."""
    first, last = b"", b""
    with copy.open("wb") as out:
        for block in blocks:
            first = first or block[:4]
            last = (last + block[-4:])[-4:]
            out.write(block)
    if first != b"PAR1":
        raise _damaged("it does not begin as a Parquet file does")
    if last != b"PAR1":
        raise _damaged("it ends too early")


def try_parquet(source: Source, name: str, limits: FileLimits, rejects: Rejects, copy: Path) -> ParquetFound:
    """Read every value of the copy once.

    Raises FileRefusedError: PARQUET_DAMAGED and all of header.py. A file whose values changed but whose structure
    holds cannot be told from a whole one; that takes a manifest of sums.
    """
    failure = ""
    try:
        with _connection() as con:
            return _ParquetTrial(con, source, limits, copy).run(name, rejects)
    except duckdb.Error as error:  # its text may quote values
        failure = type(error).__name__
    raise _damaged(f"it cannot be read to its end ({failure})")


def parquet_rows(copy: Path, found: ParquetFound) -> Iterator[pa.RecordBatch]:
    """Yield the good rows of a copy that was tried. Raises RunError when it is no more what it was."""
    refused = ", ".join(map(str, found.refused_rows))
    skipped = f"where file_row_number + 1 not in ({refused})" if refused else ""
    cells = (f"{cell} as {quoted(name)}" for name, cell in zip(found.columns, found.cells, strict=True))
    sql = f"select file_row_number + 1 as {ROW}, {', '.join(cells)} from {_table(copy)} {skipped}"
    failure = ""
    try:
        with _connection() as con:
            yield from con.sql(sql).to_arrow_reader(_BATCH_ROWS)
    except (duckdb.Error, pa.ArrowException) as error:
        failure = type(error).__name__
    if failure:
        raise RunError(f"{failure}: rows from Parquet that were read before cannot be read again.")


@contextmanager
def _connection() -> Iterator[duckdb.DuckDBPyConnection]:
    con = duckdb.connect(":memory:", config={"threads": 2})
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    finally:
        con.close()


@dataclass(frozen=True)
class _ParquetTrial:
    """One reading of a whole copy on a connection of its own."""

    con: duckdb.DuckDBPyConnection
    source: Source
    limits: FileLimits
    copy: Path

    def run(self, name: str, rejects: Rejects) -> ParquetFound:
        """Judge names, count rows, find cells that must not pass."""
        self._check_footer()
        sql = f"describe select * exclude (file_row_number) from {_table(self.copy)}"
        kinds = {row[0]: row[1] for row in self.con.execute(sql).fetchall()}
        names = tuple(kinds)
        header.check_width(names, self.limits.max_columns)
        kept = header.check_names(names)
        missing = header.missing_columns(self.source, names)
        if missing:
            raise header.columns_missing(self.source, missing, names)
        found = ParquetFound(kept, tuple(_cell(column, kind) for column, kind in kinds.items()))
        found.warnings.extend((*header.renamed(name, names), *_numeric_ids(self.source, name, kinds)))
        self._check_sizes(found)
        sql = f"select count(*), count(*) filter (where {_has_control(found)}) from {_table(self.copy)}"
        found.row_count, refused_count = self.con.execute(sql).fetchone() or (0, 0)
        found.refused_rows = tuple(self._refuse(found, rejects)) if refused_count else ()
        found.loaded_count = found.row_count - len(found.refused_rows)
        found.loaded_row_sum = found.row_count * (found.row_count + 1) // 2 - sum(found.refused_rows)
        return found

    def _check_footer(self) -> None:
        """Refuse what is too large by its own footer, before any value is unpacked."""
        sql = f"select coalesce(sum(total_uncompressed_size), 0) from parquet_metadata({file_literal(self.copy)})"
        ((size,),) = self.con.execute(sql).fetchall()
        if size > self.limits.max_file_bytes:
            raise _too_large(self.limits.max_file_bytes)
        names = self.con.execute(f"describe from read_parquet({file_literal(self.copy)})").fetchall()
        if any(str(name).casefold() == _ROW_NUMBER for name, *_ in names):
            raise FileRefusedError(
                "HEADER_RESERVED", f"a column is named {_ROW_NUMBER}, as the reader's is; rename it."
            )

    def _check_sizes(self, found: ParquetFound) -> None:
        """Refuse by what the values come to as text; reads every value, and never puts two of them together."""
        lengths = [f"strlen({cell})" for cell in found.cells]
        longest = f"greatest({', '.join(lengths)}, 0)"
        whole = " + ".join(f"coalesce({length}, 0)" for length in lengths)
        limit = self.limits.max_field_bytes
        sql = (
            f"select coalesce(sum({whole}), 0), min(file_row_number + 1) filter (where {longest} > {limit}) "
            f"from {_table(self.copy)}"
        )
        ((size, row),) = self.con.execute(sql).fetchall()
        if row is not None:
            message = f"a field in row {row} is longer than {limit} bytes (limits.max_field_bytes)."
            raise FileRefusedError("FIELD_TOO_LONG", message, row=int(row))
        if size > self.limits.max_file_bytes:
            raise _too_large(self.limits.max_file_bytes)

    def _refuse(self, found: ParquetFound, rejects: Rejects) -> Iterator[int]:
        place = header.key_place(self.source, found.columns)
        key = found.cells[place] if place is not None else "null::varchar"
        rows = self.con.execute(
            f"select file_row_number + 1 as number, {_whole(found)} as whole, "
            f"case when not regexp_matches({key}, '{_CONTROL}') then {key} end from {_table(self.copy)} "
            f"where {_has_control(found)} order by number"
        ).fetchall()
        for row, text, item_id in rows:
            detail = f"in row {row} holds a control character; remove it at the origin"
            rejects.add(row, "CONTROL_CHAR", text.encode(), detail, item_id=item_id)
            yield row


def _too_large(limit: int) -> FileRefusedError:
    return FileRefusedError("FILE_TOO_LARGE", f"unpacks to more than {limit} bytes (limits.max_file_bytes).")


def _has_control(found: ParquetFound) -> str:
    """SQL that some value of the row holds a control character."""
    return " or ".join(f"coalesce(regexp_matches({cell}, '{_CONTROL}'), false)" for cell in found.cells)


def _whole(found: ParquetFound) -> str:
    return f"concat_ws(chr(10), {', '.join(found.cells)})"


def _table(copy: Path) -> str:
    return f"read_parquet({file_literal(copy)}, file_row_number = true, binary_as_string = true)"


def _cell(name: str, kind: str) -> str:
    """SQL of a column as text: whole DOUBLEs without '.0', nested values as JSON."""
    column = quoted(name)
    if kind in _FLOATING:
        is_whole = f"isfinite({column}) and {column} = trunc({column}) and abs({column}) < {_EXACT}"
        return f"case when {is_whole} then {column}::bigint::varchar else {column}::varchar end"
    if kind.endswith("]") or kind.startswith(("STRUCT", "MAP")):
        return f"to_json({column})::varchar"
    return column if kind == "VARCHAR" else f"{column}::varchar"


def _numeric_ids(source: Source, file_name: str, types: Mapping[str, str]) -> Iterator[Problem]:
    kinds = {name.casefold(): kind for name, kind in types.items()}
    for target, rule in source.mapping.items():
        for column in rule.columns if target.endswith("_id") else ():
            kind = kinds.get(column.casefold(), "")
            if kind in (*_NUMERIC, *_FLOATING) or kind.startswith("DECIMAL"):
                message = f"ids are stored as {kind}: leading zeros are gone"
                message += ", and so are digits beyond the 15th." if kind in _FLOATING else "."
                yield Problem(file_name, None, column, "ID_NUMERIC", f"{message} Export ids as text.")


def _damaged(reason: str) -> FileRefusedError:
    return FileRefusedError("PARQUET_DAMAGED", f"is no whole Parquet file: {reason}. Deliver it again.")
