"""A run refused because too many rows of a source were: what it says, and the file that holds the rows.

Belongs here: the message and ``refused_rows.csv``, the only thing such a run leaves besides its line in runs.log. Does
not belong here: which rows are refused (quality/), or how many may be (project.yaml).
"""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

from rr_pipeline.config import Source
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import ask

REFUSED_ROWS_FILE = "refused_rows.csv"

_COLUMNS = ("source", "file_name", "row_number", "field", "code", "value_length", "value_hash", "message")

# The setting a code is about, below sources.<source> of sources.yaml; {field}: the canonical column.
_SETTINGS = {
    "TIME_INVALID": "options.time_format (or options.date_format)",
    "TIME_OUT_OF_RANGE": "options.time_format (or options.date_format)",
    "TIME_ZONE_UNKNOWN": "options.time_zone",
    "TIME_FUTURE": "options.time_zone",
    "OBJECT_TYPE_MISSING": "object_type",
    "OBJECT_TYPE_UNKNOWN": "mapping.object_type.values",
    "BOOLEAN_INVALID": "mapping.{field}.values",
    "RAGGED_ROW": "options.delimiter",
    "QUOTE_INVALID": "options.quote",
    "CONTROL_CHAR": "options.encoding",
    "JSON_INVALID": "format",
}


def refuse_rates(session: Session) -> RefusedError:
    """Write the rows refused in this run to ``refused_rows.csv`` and return the refusal: QUARANTINE_RATE.

    One problem a source that is over the limit: what was found most often, where first, and which setting is about it.
    """
    limit = session.project.settings.limits.max_quarantine_rate
    rows = ask(session.con, "refused_sources", {"limit": limit})
    _write_rows(session)
    problems = [rate_problem(session.project.source(row[0]), limit, row) for row in rows]
    ending = f"All refused rows stand in {REFUSED_ROWS_FILE}; nothing else was written."
    return RefusedError(f"Too many rows of a source were refused for these to be bad rows only. {ending}", problems)


def remove_refused_rows(folder: Path) -> None:
    """Remove the file of an earlier refusal: what it tells of is settled."""
    (folder / REFUSED_ROWS_FILE).unlink(missing_ok=True)


def rate_problem(source: Source, limit: float, row: tuple[Any, ...]) -> Problem:
    """Say what was wrong with most rows of a source, a ``row`` of refused_sources, and which setting is meant."""
    _, refused, delivered, code, field, message, count, file_name, row_number = row
    setting = _SETTINGS.get(code, "mapping.{field}").format(field=field).removesuffix(".None")
    place = f" in {field}{_mapped(source, field)}" if field else ""
    text = (
        f"{refused:,} of {delivered:,} rows of source {source.name} were refused; limits.max_quarantine_rate of "
        f"project.yaml allows a share of {limit:g}. {count:,} of them have {code}{place}, this row first. "
        f"{(message or '').strip()} The setting: sources.{source.name}.{setting} in sources.yaml. If the rows "
        "are as bad as that, raise limits.max_quarantine_rate."
    )
    return Problem(file_name or "-", row_number, field, "QUARANTINE_RATE", text)


def _mapped(source: Source, field: str) -> str:
    rule = source.mapping.get(field)
    return f" (column {', '.join(repr(name) for name in rule.columns)})" if rule and rule.columns else ""


def _write_rows(session: Session) -> None:
    path = session.project.folder / REFUSED_ROWS_FILE
    fresh = path.with_name(f".{REFUSED_ROWS_FILE}.new")
    fresh.unlink(missing_ok=True)
    found = session.con.execute(
        f"select {', '.join(_COLUMNS)} from ops.quarantine where run_id = ? order by source, file_id, row_number, code",
        [session.run_id],
    )
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(_COLUMNS)
        while rows := found.fetchmany(10_000):
            writer.writerows([_as_text(cell) for cell in row] for row in rows)
    os.replace(fresh, path)


def _as_text(cell: object) -> object:
    # Names of files may begin as formulas do.
    return f"'{cell}" if isinstance(cell, str) and cell[:1] in "=+-@" and cell else cell
