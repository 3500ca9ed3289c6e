"""The mapped rows of a table with the cells of its plain columns typed: what the kind of a column says is all it takes.

Belongs here: how a cell of each kind is read, and the code of one that cannot be. Does not belong here: columns with
rules of their own (sql/staging/staged_<table>.sql), which pass as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from rr_pipeline.config.canonical import Column, plain_columns, row_hash_columns

_READ: Mapping[str, str] = MappingProxyType(
    {"number": "number", "whole": "whole_number", "switch": "yes_no", "words": "words"}
)
"""Kind -> the macro that reads its cells; those of the other kinds are read already, or times."""

SHARED_CODES = ("number_code", "boolean_code")
"""Code columns that every table has, null where it has no column that they speak of."""


def code_columns(table: str) -> dict[str, tuple[Column, ...]]:
    """Return the code columns that a table's plain columns fill, each with these."""
    found: dict[str, tuple[Column, ...]] = {}
    for column in plain_columns(table):
        if column.code_column is not None:
            found[column.code_column] = (*found.get(column.code_column, ()), column)
    return found


def typed_select(table: str, mapped: str, extras: Sequence[str] = ()) -> str:
    """Return the SELECT of mapped rows with plain columns typed, and their code columns; null where nothing is wrong.

    ``mapped``: SQL of the rows as text; of ``extras``, which it has beside the canonical columns, the names get a ``_``
    in front, as have those of all columns that staging does not keep. Needs the macros of staging and TEMP local_days.
    """
    columns = plain_columns(table)
    times = [column.name for column in columns if column.kind == "time"]
    read = [
        (f'{_READ[column.kind]}("{column.name}")', f'"_{column.name}_read"')
        for column in columns
        if column.kind in _READ
    ]
    for name in times:
        read.append((f'time_us("{name}")', f'"_{name}_us"'))
        read.append((f"""case when has_offset("{name}") then 'UTC' else source_time_zone end""", f'"_{name}_zone"'))
    renamed = [f'"{name}" as "_{name}"' for name in extras]
    typed = [f'{value} as "{column.name}"' for column in columns if (value := _value(column)) is not None]
    codes: dict[str, tuple[Column, ...]] = {**dict.fromkeys(SHARED_CODES, ()), **code_columns(table)}
    return f"""
with mapped as not materialized ({mapped}),
read as not materialized (
    select {", ".join(["*", *renamed, *(f"{value} as {name}" for value, name in read)])} from mapped
)
select
    read.*{_clause("exclude", [*(name for _, name in read), *extras])}{_clause("replace", typed)},
    {", ".join(f"{_code(columns)} as {name}" for name, columns in codes.items())}
from read
{"".join(map(_days_join, times))}"""


def row_hash(table: str) -> str:
    """Return SQL of the hash of a staged row: equal values have equal hashes."""
    always, later = row_hash_columns(table)
    base = ", ".join(f'"{name}"' for name in always)
    if not later:
        return f"hash({base})"
    empty = {True: "true", False: "false", None: "null"}
    filled = " or ".join(f'"{column.name}" is distinct from {empty[column.if_empty]}' for column in later)
    added = ", ".join(f'"{column.name}"' for column in later)
    return f"case when {filled} then hash({base}, {added}) else hash({base}) end"


def _clause(word: str, entries: list[str]) -> str:
    return f" {word} ({', '.join(entries)})" if entries else ""


def _value(column: Column) -> str | None:
    """Return SQL of what is read from a cell; None where that is its text."""
    if column.kind == "time":
        return _instant(column.name)
    if column.kind not in _READ:
        return None
    read = f'"_{column.name}_read"'
    return read if column.if_empty is None else f"coalesce({read}, {str(column.if_empty).lower()})"


def _instant(name: str) -> str:
    return f'sane("_{name}_us" - coalesce("{name}_days".offset_us, utc_offset("_{name}_zone")))'


def _days_join(name: str) -> str:
    return f"""left join local_days as "{name}_days"
    on read."_{name}_zone" = "{name}_days".zone and day_of(read."_{name}_us") = "{name}_days".day
    and read."_{name}_us" >= "{name}_days".local_from_us and read."_{name}_us" < "{name}_days".local_until_us
"""


def _code(columns: Iterable[Column]) -> str:
    """Return SQL of the code of the first of some columns that has a text which cannot be read."""
    unread = []
    for column in columns:
        value = _instant(column.name) if column.kind == "time" else f'"_{column.name}_read"'
        unread.append(f"when read.\"{column.name}\" is not null and {value} is null then '{column.code}'")
    return f"case {' '.join(unread)} end" if unread else "cast(null as varchar)"
