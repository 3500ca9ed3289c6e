"""The fact tables as Parquet by local day, beside the published copy, for readers that take folders of files.

    published/parquet/<table>/decided_date=2026-06-30/part.parquet

Belongs here: which days a run has changed, and writing them. Does not belong here: the published copy itself. A day is
one file that takes its name in one step, so that a reader sees it old or new. The manifest, written last, says which
run all of them show; a run that was killed before that is made good by the next one.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.core.calendar.local_time import DAY_US, day_starts
from rr_pipeline.errors import RunError
from rr_pipeline.warehouse import one_value
from rr_pipeline.warehouse.masks import Masks, masked_select
from rr_pipeline.warehouse.modes import shared_files
from rr_pipeline.warehouse.sql_files import table_exists

FOLDER = "parquet"
MANIFEST = "manifest.json"
PART = "part.parquet"

TABLES = {
    "fct_decisions": ("decided_at", "decision_seq"),
    # Of rows that were refused the day they came.
    "fct_items": ("coalesce(decided_at, ingested_at)", "item_seq nulls last, file_id, row_number"),
    "fct_ownership": ("from_at", "item_seq, from_at, owner_id"),
    "fct_sla": ("applied_at", "item_seq, applied_at, owner_id"),
    "fct_waits": ("from_at", "decision_seq"),
    "fct_breaches": ("decided_at", "item_seq, decided_at, kind, target, step_no, outcome"),
    "fct_item_events": ("counted_at", "item_seq, counted_at, kind, activity_id"),
}
"""Instant whose local day a row belongs to, which no later run changes; and the order of rows in a day."""

Days = dict[str, dict[str, Any]]


def parquet_run(folder: Path, masks: str | None = None) -> str | None:
    """The run that the files below ``folder``, the published one, show; None where there are none.

    With ``masks``, a fingerprint, also None for files written with others.
    """
    content = _read(folder / FOLDER)
    run_id = content.get("run_id")
    return str(run_id) if run_id and masks in (None, content.get("masks")) else None


@shared_files()
def write_parquet(
    con: duckdb.DuckDBPyConnection, folder: Path, zone: str, run_id: str, masks: Masks, *, whole: bool = False
) -> None:
    """Bring the files below the published ``folder`` to the committed run: days it changed are written again.

    All days are where ``whole`` is asked for, the zone or the masks are others, or history was restated since. Raises
    RunError when the rows of a table's files are not as many as those of the table.
    """
    place = folder / FOLDER
    before = {} if whole else _read(place)
    alike = (before.get("time_zone"), before.get("masks")) == (zone, masks.fingerprint)
    if not alike or _is_restated(con, before.get("run_id")):
        before = {}
    place.mkdir(parents=True, exist_ok=True)
    tables: dict[str, Days] = {}
    for table in TABLES:
        if table_exists(con, f"marts.{table}"):
            # The folder says the date already, and a column of both names is no column to some readers.
            leave_out = "decided_date" if table == "fct_sla" else ""
            columns = masked_select(con, f"marts.{table}", masks, leave_out=leave_out)
            tables[table] = _write_table(con, place, table, columns, zone, before)
    _save(place, {"run_id": run_id, "time_zone": zone, "masks": masks.fingerprint, "tables": tables})


def _is_restated(con: duckdb.DuckDBPyConnection, since: str | None) -> bool:
    if since is None or not table_exists(con, "ops.restatements"):
        return False
    return bool(one_value(con, "select count(*) from ops.restatements where run_id > ?", [since]))


def _write_table(  # noqa: PLR0917 - where, what, and since when
    con: duckdb.DuckDBPyConnection, place: Path, table: str, columns: str, zone: str, before: dict[str, Any]
) -> Days:
    """Write the days that changed since the manifest ``before``, remove days that are no more; return all days.

    ``columns``: what a SELECT is to take of the table.
    """
    since: str = before.get("run_id", "")
    known: Days = before.get("tables", {}).get(table, {})
    days = dict(known)
    for day, stretches in _changed_days(con, table, zone, since):
        part = place / table / f"decided_date={day}" / PART
        part.parent.mkdir(parents=True, exist_ok=True)
        days[day] = {**_write_day(con, table, columns, stretches, part), "file": str(part.relative_to(place))}
    for stale in sorted((place / table).glob("decided_date=*")):
        if stale.name.partition("=")[2] not in days:
            for file in stale.iterdir():
                file.unlink()
            stale.rmdir()
    found, stored = sum(one["rows"] for one in days.values()), one_value(con, f"select count(*) from marts.{table}")
    if found != stored and known:
        return _write_table(con, place, table, columns, zone, {})
    if found != stored:
        raise RunError(f"the Parquet files of {table} hold {found} of {stored} rows.")
    return dict(sorted(days.items()))


def _changed_days(
    con: duckdb.DuckDBPyConnection, table: str, zone: str, since: str
) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """(local date, its stretches in microseconds) with rows of runs after ``since``, in order."""
    at = f"epoch_us({TABLES[table][0]})"
    first, last = con.execute(f"select min({at}), max({at}) from marts.{table} where run_id > ?", [since]).fetchall()[0]
    if first is None:
        return
    # Whole days at both ends: an instant of a day may be hours from where the day begins.
    starts = day_starts(zone, first - 2 * DAY_US, last + 2 * DAY_US)
    stretches: dict[str, list[tuple[int, int]]] = {}
    for day, begin, end in zip(starts.day[:-1], starts.from_us[:-1], starts.from_us[1:], strict=True):
        text = (date(1970, 1, 1) + timedelta(days=int(day))).isoformat()
        stretches.setdefault(text, []).append((int(begin), int(end)))
    for text in sorted(stretches):
        inside = _within(at, stretches[text])
        if one_value(con, f"select exists (from marts.{table} where run_id > ? and ({inside}))", [since]):
            yield text, stretches[text]


def _within(at: str, stretches: list[tuple[int, int]]) -> str:
    return " or ".join(f"({at} >= {begin} and {at} < {end})" for begin, end in stretches)


def _write_day(
    con: duckdb.DuckDBPyConnection, table: str, columns: str, stretches: list[tuple[int, int]], part: Path
) -> dict[str, Any]:
    instant, order = TABLES[table]
    begin, end = stretches[0][0], stretches[-1][1]
    inside = f"{instant} >= make_timestamptz({begin}) and {instant} < make_timestamptz({end})"
    inside += f" and ({_within(f'epoch_us({instant})', stretches)})"
    fresh = part.with_name(f".{PART}.new")
    quoted = str(fresh).replace("'", "''")
    query = f"select {columns} from marts.{table} where {inside} order by {order}"
    count = one_value(con, f"copy ({query}) to '{quoted}' (format parquet, compression zstd)")
    with fresh.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    os.replace(fresh, part)
    return {"rows": int(count), "sha256": digest}


def _read(place: Path) -> dict[str, Any]:
    try:
        content = json.loads((place / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _save(place: Path, content: dict[str, Any]) -> None:
    fresh = place / f".{MANIFEST}.new"
    fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    os.replace(fresh, place / MANIFEST)
