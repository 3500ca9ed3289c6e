"""Service levels, waits and the measures made of them: given rows -> expected rows, the cases being in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.steps.given import open_given
from tests.steps.sla_given import TABLES, News, Warehouse

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
CASES = yaml.safe_load(Path(__file__).with_name("sla_cases.yaml").read_text(encoding="utf-8"))
INSTANTS = ("at", "counts", "due", "created")


def instant(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def as_news(run: Mapping[str, Any]) -> News:
    """Minutes since the start become instants."""
    rows = {
        name: [{key: instant(value) if key in INSTANTS else value for key, value in row.items()} for row in given]
        for name, given in run.items()
        if name != "frontier"
    }
    return News(frontier=instant(run["frontier"]), **rows)


def shown(value: Any) -> Any:
    """Values as the cases write them: instants as minutes, dates as text."""
    if isinstance(value, datetime):
        return (value - START) / timedelta(minutes=1)
    return str(value) if isinstance(value, date) else value


def matches(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(found[name] == value for name, value in wanted.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_rows(case):
    runs = case["runs"] if "runs" in case else [{name: case[name] for name in case if name in NEWS}]
    with open_given(TABLES) as con:
        warehouse = Warehouse(con)
        for run in runs:
            warehouse.run(as_news(run))
        for table, wanted in case["expect"].items():
            found = [{name: shown(value) for name, value in row.items()} for row in warehouse.rows(table)]
            for where in case.get("where", {}).get(table, []):
                found = [row for row in found if matches(row, where)]
            assert [{name: row[name] for name in like} for row, like in zip(found, wanted, strict=False)] == wanted
            assert len(found) == len(wanted), found


NEWS = ("frontier", "decisions", "kept", "activities", "breaches")
