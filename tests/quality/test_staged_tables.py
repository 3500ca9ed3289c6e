"""The suites against the tables that staging really makes: every column a rule reads is there, and all rules run."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from rr_pipeline.config import CANONICAL, load_project
from rr_pipeline.ingest import ingest
from rr_pipeline.quality import load_suites, record, refuse, run_rates, run_suite
from rr_pipeline.shipped import expectations_folder
from rr_pipeline.staging.staging import stage

AS_OF = datetime(2026, 3, 1, tzinfo=UTC)
KEYS = {
    "items": "item_id",
    "accounts": "account_id",
    "contacts": "contact_id",
    "opportunities": "account_id",
    "users": "user_id",
    "absences": "user_id",
    "activities": "activity_id",
    "ownership_history": "item_id",
}
MORE = {
    "items": {"created_at": "at"},
    "absences": {"start": "at", "end": "at"},
    "activities": {"occurred_at": "at"},
    "ownership_history": {"from_at": "at", "object_type": "kind", "owner_id": "owner"},
    "opportunities": {"owner_id": "owner"},
}
# Rows of every feed: a good one, one without an id, one whose id a spreadsheet changed, one whose time is no time.
ROWS = """id,at,kind,owner
a,2026-01-05T10:00:00Z,lead,u
,2026-01-05T10:00:00Z,lead,u
1.23E+15,2026-01-05,lead,u
b,soon,lead,u
"""
TIMED = [table for table in MORE if table != "opportunities"]
REFUSED = dict.fromkeys(KEYS, 2) | {"opportunities": 0} | dict.fromkeys(TIMED, 3)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "project.yaml").write_text("name: checks\ntime_zone: UTC\n", encoding="utf-8")
    lines = ["sources:"]
    for table, key in KEYS.items():
        lines += [f"  {table}_feed:", f"    table: {table}", f"    location: {table}.csv", "    format: csv"]
        lines += ["    object_type: lead"] if table == "items" else []
        lines += ["    options: {time_zone: UTC}", "    mapping:", f"      {key}: id"]
        lines += [f"      {name}: {column}" for name, column in MORE.get(table, {}).items()]
        (tmp_path / "landing").mkdir(exist_ok=True)
        (tmp_path / "landing" / f"{table}.csv").write_text(ROWS, encoding="utf-8")
    (tmp_path / "sources.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "first.yaml").write_text(
        'version: "1"\neffective_from: 2026-01-01T00:00:00Z\npools: {all: {members: [{user: u}]}}\ncatch_all: all\n',
        encoding="utf-8",
    )
    return tmp_path


def test_all_suites_run_on_what_staging_makes(folder: Path) -> None:
    project = load_project(folder, {})
    suites = load_suites(expectations_folder())
    parameters: dict[str, object] = {"min_row_count": 4, "max_quarantine_rate": 0.5}
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        con.execute("begin; create schema raw; create schema staging; create schema ops")
        report = ingest(con, project, AS_OF, "r", None)
        stage(con, project, report.new_file_ids)
        results, refused = [], {}
        for table in CANONICAL:
            name = f"staged_{table}"
            results.append(run_suite(con, suites[name], name, parameters))
            refused[table] = refuse(con, suites[name], name, "r", parameters, "key")
        results.append(run_rates(con, suites["refused_rates"], "r", parameters))
        assert record(con, results, "r") > 0
        codes = con.execute("select distinct code from ops.quarantine order by code").fetchall()
        unknown = con.execute("select count(*) from ops.quarantine where message is null or field is null").fetchone()
    assert refused == REFUSED
    assert {code for (code,) in codes} >= {"ID_MISSING", "ID_MANGLED", "TIME_INVALID"}
    assert unknown == (0,)
