"""Deliveries that fit a project's sources, whatever these say: names, columns, formats and times as declared."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from rr_pipeline.config import Project, Source
from rr_pipeline.config.canonical import kind_of

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROWS = 12


def write_deliveries(project: Project) -> None:
    """Write one file for each source, where its location allows a name for one."""
    for source in project.sources:
        path = project.landing / _file_name(source)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_content(source))
        except (OSError, UnicodeError):
            continue  # a name, or text, that cannot be written: nobody delivers it


def _file_name(source: Source) -> str:
    parts = [part for part in source.location.split("/") if part not in ("", ".")]
    name = "/".join("d" if part == "**" and parts[-1] != part else _fitting(part) for part in parts)
    if source.delivered_at is not None:
        folder, _, _ = name.rpartition("/")
        return f"{folder}/{(START + timedelta(days=1)):{source.delivered_at}}".lstrip("/")
    return name


def _fitting(pattern: str) -> str:
    return re.sub(r"\[!?(.)[^]]*\]", r"\1", pattern).replace("**", "x").replace("*", "1").replace("?", "a")


def _content(source: Source) -> bytes:
    names = _names(source)
    rows = [[_cell(source, column, name, number) for name, column in names.items()] for number in range(ROWS)]
    if source.format == "parquet":
        out = io.BytesIO()
        pq.write_table(pa.table({name: [row[at] for row in rows] for at, name in enumerate(names)}), out)
        return out.getvalue()
    if source.format == "jsonl":
        text = "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows)
        content = text.encode()
    else:
        table, quote = io.StringIO(newline=""), source.options.quote
        quoting: dict[str, Any] = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE, "escapechar": "\\"}
        writer = csv.writer(table, delimiter=source.options.delimiter, lineterminator="\n", **quoting)
        writer.writerows([list(names), *rows])
        content = table.getvalue().encode(source.options.encoding)
    return gzip.compress(content, mtime=0) if source.location.endswith(".gz") else content


def _names(source: Source) -> dict[str, str]:
    """The columns of the file, each once whatever its case, with the canonical column that it fills first."""
    found: dict[str, tuple[str, str]] = {}
    for column, rule in source.mapping.items():
        for name in rule.columns:
            found.setdefault(name.casefold(), (name, column))
    for rows in source.only_rows:
        for name in rows.columns:
            found.setdefault(name.casefold(), (name, "only"))
    return dict(found.values()) or {"x": "x"}


def _cell(source: Source, column: str, name: str, number: int) -> str:
    filters = {one.columns[0].casefold(): one.values for one in source.only_rows}
    if (kept := filters.get(name.casefold())) and number % 3:
        return kept[number % len(kept)]
    if kind_of(source.table, column) == "time":
        return _time(source, START + timedelta(minutes=number))
    texts = {
        "item_id": f"L{number:04d}", "user_id": "abc"[number % 3], "email": f"p{number // 2}@example.net",
        "country": ("NO", "US", "", "Atlantis")[number % 4], "needed_skills": ("", "french", "k-2;french")[number % 3],
        "employee_count": str(number * 100), "time_zone": ("", "Europe/Oslo")[number % 2],
        "kind": ("call", "status_change")[number % 2], "outcome": ("", "spam", "won")[number % 3],
    }  # fmt: skip
    return texts.get(column, f"{column[:2]}{number}")


def _time(source: Source, instant: datetime) -> str:
    how = source.options.time_format
    if how in ("epoch_s", "epoch_ms"):
        return str(int(instant.timestamp()) * (1 if how == "epoch_s" else 1000))
    return instant.strftime(how) if how else instant.isoformat()
