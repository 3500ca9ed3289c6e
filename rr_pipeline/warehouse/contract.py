"""The tables of the warehouse on one page, written from the headers of the SQL files.

Belongs here: rendering docs/tables.md (``make docs``). Does not belong here: any meaning of a table or column; that
stands in the header of its SQL file and in the database as a comment.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from rr_pipeline.warehouse.sql_files import SqlFile, layer_files

WIDTH = 120

INTRODUCTION = """\
# Tables

This page is written by `make docs` from the headers of the SQL files in `sql/`; change it there.

Analysts read `published/routing.duckdb`, which holds the schemas `marts` and `ops`, masked. The warehouse itself has
them as well, with ids, users and words as delivered, and `raw`, `staging` and `intermediate` besides: it holds personal
data and is not for analysts ([SECURITY.md](../SECURITY.md)). Every meaning of `marts` and `ops` below is also a comment
in the database: `select table_name, column_name, data_type, comment from duckdb_columns()`.

Instants (`_at`) are UTC; local dates end in `_date`, counts in `_count`, shares from 0 to 1 in `_share`, rates from 0
to 1 in `_rate`. Balances are in parts of a turn: 232,792,560,000 parts are one turn.
"""

LAYERS = {
    "marts": "What others may rely on: names, grain and columns. Published with no text of a person.",
    "ops": "Runs, files, refused rows, and what the router carries from one run to the next.",
    "intermediate": "What later runs must remember of earlier ones, and the tables of a single run. Not published.",
    "staging": (
        "Delivered rows, typed and standardised. `staging.stg_<table>` holds the accepted rows of every canonical "
        "input, with the columns of `staged_<table>` below. Not published."
    ),
}
"""Layers on the page, in order, each with what it is for."""

IN_FULL = ("marts", "ops")
"""Layers shown with their columns; of the others a line a table."""

EXAMPLES = {
    "marts.explain": "from marts.explain('00Q5g00000byOB8EAM')",
    "marts.fairness": "from marts.fairness('emea', '2026-06-01', '2026-07-01')",
    "marts.owner_at": "from marts.owner_at('00Q5g00000byOB8EAM', '2026-06-15 12:00:00+02')",
    "marts.reason_name": "select marts.reason_name(7)",
    "marts.story": "from marts.story('00Q5g00000byOB8EAM')",
    "marts.reason_words": "select marts.reason_words('skill_missing')",
}
"""A call of every macro for analysts. The last day of fairness is exclusive."""

KIND_WORDS = {
    "table": "Each run adds rows.",
    "rebuilt": "Made again by each run.",
    "declared": "Written by code; rows stay.",
    "view": "A view, also in the published copy.",
    "temp": "Of one run only.",
}

CHANGE_WORDS = {
    "appended": "Each run adds rows; a row stays as it is until a backfill decides its day again.",
    "rewritten": "Each run adds rows, and writes those again of which it learns more.",
    "merged": "Each run adds rows, changes those of which it learns more, and removes those that are done.",
}
"""By the first word of ``changes`` in a header."""


def _wrapped(text: str, *, first: str = "", rest: str = "") -> str:
    return "\n".join(
        wrap(text, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
    )


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _full(sql: SqlFile) -> Iterator[str]:
    yield f"### {sql.name}"
    yield _wrapped(_sentence(sql.description))
    yield _wrapped(f"Grain: {sql.grain}. {_how_it_changes(sql)}")
    yield "\n".join(_wrapped(f"- `{column}`: {text}", rest="  ") for column, text in sql.columns.items())


def _how_it_changes(sql: SqlFile) -> str:
    """What runs do to the rows of a table, as its header declares it. A backfill replaces what it decides again."""
    way = sql.changes.split(" ")[0]
    return CHANGE_WORDS[way] if way else KIND_WORDS[sql.kind]


def call_of(macro: SqlFile) -> str:
    """Name and parameters of a macro, as its statement declares them. Raises ValueError for a statement without one."""
    found = re.search(rf"macro ({re.escape(macro.name)}\([^)]*\))", macro.statement)
    if found is None:
        raise ValueError(f"sql of {macro.name}: the statement does not declare that macro")
    return found[1]


def _macro(sql: SqlFile) -> Iterator[str]:
    yield f"### {call_of(sql)}"
    yield _wrapped(_sentence(sql.description))
    if sql.grain:
        yield _wrapped(f"Grain: {sql.grain}.")
    yield f"    {EXAMPLES[sql.name]};"


def _brief(files: list[SqlFile]) -> str:
    lines = []
    for sql in files:
        grain = f" Grain: {sql.grain}." if sql.grain and sql.kind != "macro" else ""
        lines.append(_wrapped(f"- `{sql.name}`: {sql.description}{grain}", rest="  "))
    return "\n".join(lines)


def _layer(layer: str) -> Iterator[str]:
    files = layer_files(layer)
    yield f"## {layer}"
    yield _wrapped(LAYERS[layer])
    if layer not in IN_FULL:
        yield _brief(files)
        return
    for sql in files:
        if sql.kind != "macro":
            yield from _full(sql)
    for sql in files:
        if sql.kind == "macro":
            yield from _macro(sql)


def render_tables() -> str:
    """The whole page. Every layer in the order of LAYERS; tables by name, macros behind them."""
    parts = [INTRODUCTION.rstrip("\n")]
    for layer in LAYERS:
        parts.extend(_layer(layer))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Write the page to the path given as the only argument."""
    Path(sys.argv[1]).write_text(render_tables(), encoding="utf-8")


if __name__ == "__main__":
    main()
