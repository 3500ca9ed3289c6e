"""Small projects for end-to-end tests, written as a user would write them."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.config import load_project
from rr_pipeline.runs.run import run
from rr_pipeline.session.results import RunReport
from rr_pipeline.warehouse import open_analyst

PROJECT_YAML = "name: {name}\ntime_zone: {zone}\nrun_instant: last_record\n"
SOURCES_YAML = """
sources:
  leads:
    table: items
    object_type: lead
    location: leads*.csv
    format: csv
    delivered_at: "leads_%Y%m%dT%H%M.csv"
    mapping:
      item_id: Id
      created_at: Created
      email: Email
      full_name: Name
      phone: Phone
      country: Country
      needed_skills: Skills
      priority: Priority
      consent_status: Consent
      account_id: Account
"""
LEAD_COLUMNS = ("Id", "Created", "Email", "Name", "Phone", "Country", "Skills", "Priority", "Consent", "Account")
OUTER = ("marts.", "ops.")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def write_project(
    folder: Path,
    policies: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    *,
    zone: str = "UTC",
    sources: str = SOURCES_YAML,
) -> Path:
    """A project with one feed of leads; JSON is YAML, so policies are written as they are."""
    (folder / "landing").mkdir(parents=True)
    (folder / "policies").mkdir()
    (folder / "project.yaml").write_text(PROJECT_YAML.format(name="test", zone=zone))
    (folder / "sources.yaml").write_text(sources)
    for policy in [policies] if isinstance(policies, Mapping) else policies:
        (folder / "policies" / f"{policy['version']}.yaml").write_text(json.dumps(policy))
    return folder


def policy(members: Iterable[Mapping[str, Any]], *, skills: Sequence[str] = (), **pool: Any) -> dict[str, Any]:
    """A policy of one pool."""
    return {
        "version": "v1",
        "effective_from": "2026-01-01",
        "skills": list(skills),
        "pools": {"pool": {"members": list(members), **pool}},
        "catch_all": "pool",
    }


def write_leads(folder: Path, rows: Iterable[Mapping[str, str]], name: str = "leads_20260401T0000.csv") -> Path:
    """A delivery; columns not given are empty."""
    path = folder / "landing" / name
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, LEAD_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return path


def lead(number: int, *, at: datetime | None = None, **more: str) -> dict[str, str]:
    """A lead of its own person, a minute after the one before."""
    created = at or START + timedelta(minutes=number)
    row = {"Id": f"L{number:05d}", "Created": created.isoformat(), "Email": f"person{number}@example.net"}
    return {**row, **more}


def run_project(folder: Path, **options: Any) -> RunReport:
    """One run of the project."""
    return run(load_project(folder), **options)


def published(folder: Path) -> duckdb.DuckDBPyConnection:
    """The copy analysts read."""
    return open_analyst(folder / "published" / "routing.duckdb")


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """What a query of the published copy gives."""
    with published(folder) as con:
        return con.execute(query).fetchall()


def snapshot(path: Path, *, leave_out: Iterable[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every table of a DuckDB file with all its rows, marts and ops in stored order.

    Equal snapshots are equal tables, byte for byte. The inner layers are sets: their stored order says nothing.
    """
    left_out = set(leave_out)
    with duckdb.connect(str(path), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        tables = con.execute(
            "select schema_name || '.' || table_name from duckdb_tables() where not temporary order by all"
        ).fetchall()
        return {
            name: con.execute(f"from {name}{'' if name.startswith(OUTER) else ' order by all'}").fetchall()
            for (name,) in tables
            if name not in left_out
        }
