"""What the name of a file says about how far its rows may reach."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.ingest import Bounds, is_dated
from rr_pipeline.ingest.closes import closes_at
from rr_pipeline.orchestration.automation import fingerprint
from tests.e2e.projects import policy, write_project

DAY = datetime(2026, 3, 8, tzinfo=UTC)
"""In New York the clocks go forward on this day: it has 23 hours."""
MICROSECOND = timedelta(microseconds=1)


def source(pattern: str | None, zone: str | None = None) -> Any:
    return SimpleNamespace(delivered_at=pattern, options=SimpleNamespace(time_zone=zone))


@pytest.mark.parametrize(
    ("pattern", "zone", "delivered", "bounds", "expected"),
    [
        (None, None, DAY, Bounds(undated=DAY), DAY),
        ("a_%Y%m%dT%H%M.csv", None, DAY, Bounds(undated=DAY + timedelta(days=9)), DAY),
        ("a_%Y%m%dT%H%M.csv", None, DAY, Bounds(frontier=DAY + timedelta(hours=3)), DAY + timedelta(hours=3)),
        ("a_%Y%m%dT%H.csv", None, DAY, Bounds(undated=DAY + timedelta(days=9)), DAY + timedelta(hours=1) - MICROSECOND),
        ("a_%Y%m%d.csv", None, DAY, Bounds(undated=DAY + timedelta(days=9)), DAY + timedelta(days=1) - MICROSECOND),
        ("a_%Y%m%d.csv", None, DAY, Bounds(undated=DAY + timedelta(hours=9)), DAY + timedelta(hours=9)),
        ("a_%j%Y.csv", "America/New_York", DAY, Bounds(undated=DAY + timedelta(days=9)),
         DAY + timedelta(days=1, hours=4) - MICROSECOND),
    ],
)  # fmt: skip
def test_a_file_closes_where_its_name_says(pattern, zone, delivered, bounds, expected):
    assert closes_at(source(pattern, zone), delivered, bounds, "UTC") == expected
    assert is_dated(source(pattern, zone)) == ("H" in (pattern or ""))


def test_the_sensor_sees_a_file_when_its_instant_has_come(tmp_path: Path) -> None:
    folder = write_project(tmp_path / "project", policy([{"user": "a"}]))
    project = load_project(folder)
    (folder / "landing" / "leads_20260308T0900.csv").write_text("Id,Created\n")
    assert fingerprint(project, DAY) is None
    assert fingerprint(project, DAY + timedelta(hours=9)) is not None
