"""The run's instant: what it may be, which files and rows wait for a later one, and the way back from a wrong one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.runs.backfill import backfill
from rr_pipeline.session.results import RunReport
from tests.e2e.projects import policy, rows, run_project, write_project

SOURCES = """
sources:
  leads: {table: items, object_type: lead, location: leads*.csv, optional: true,
          mapping: {item_id: Id, created_at: Created}}
  stamped: {table: items, object_type: lead, location: stamped*.csv, optional: true,
            delivered_at: "stamped_%Y%m%dT%H%M.csv", mapping: {item_id: Id, created_at: Created}}
  daily: {table: items, object_type: lead, location: daily*.csv, optional: true, delivered_at: "daily_%Y%m%d.csv",
          options: {time_zone: America/New_York}, mapping: {item_id: Id, created_at: Created}}
  calls: {table: activities, location: calls*.csv, optional: true,
          mapping: {activity_id: Id, item_id: Item, user_id: User, kind: Kind, occurred_at: At}}
  users: {table: users, location: users*.csv, optional: true, mapping: {user_id: Id}}
"""
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DECIDED = "select item_id, decided_at from marts.fct_items where item_seq is not null order by item_seq"
REFUSED = "select item_id, code from ops.quarantine order by all"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]), sources=SOURCES)
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now") + "limits: {max_quarantine_rate: 1}\n")
    return folder


def deliver(folder: Path, name: str, **created: datetime) -> None:
    lines = ["Id,Created", *(f"{item},{at.isoformat()}" for item, at in created.items())]
    (folder / "landing" / name).write_text("\n".join(lines) + "\n")


def codes(report: RunReport) -> list[str]:
    return [problem.code for problem in warned(report)]


def warned(report: RunReport) -> list[Problem]:
    """What a run warns of, beside the key that these projects do not set."""
    return [problem for problem in report.warnings if problem.code != "HASH_KEY_DEFAULT"]


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


def test_an_instant_ahead_of_the_clock_is_refused_unless_meant_and_a_backfill_brings_the_frontier_back(place):
    sources = place / "sources.yaml"
    sources.write_text(sources.read_text().replace("object_type: lead", "object_type: lead, decide: created"))
    ahead, old = datetime.now(UTC) + timedelta(days=3000), NOON - timedelta(days=1)
    deliver(place, "leads1.csv", one=old)
    with pytest.raises(RefusedError, match=r"field=--as-of code=CLOCK_AHEAD: .* say --ahead-of-clock"):
        run_project(place, as_of=ahead)
    assert not (place / "warehouse.duckdb").exists()
    assert codes(run_project(place, as_of=ahead, is_ahead_allowed=True)) == ["CLOCK_AHEAD"]
    deliver(place, "leads2.csv", two=NOON, three=minutes(5), later=ahead - timedelta(days=30))
    (warning,) = warned(run_project(place))
    assert warning.code == "FRONTIER_AHEAD"
    assert "`rr-pipeline backfill --from 2026-03-02`" in warning.message
    assert rows(place, DECIDED)[1:] == [("two", ahead), ("three", ahead), ("later", ahead)]
    backfill(load_project(place), date(2026, 3, 2))
    assert rows(place, "select arg_max(frontier_at, run_id) from ops.runs") == [(minutes(5),)]
    assert rows(place, DECIDED)[0] == ("one", old)
    assert {item for item, _ in rows(place, DECIDED)} == {"one", "two", "three"}
    deliver(place, "leads3.csv", four=minutes(30))
    report = run_project(place)
    assert (codes(report), rows(place, DECIDED)[3:]) == (["CLOCK_AHEAD"], [("four", minutes(30))])


def test_what_is_later_than_the_given_instant_waits_and_is_not_refused(place):
    deliver(place, "stamped_20260302T1100.csv", first=minutes(-70))
    deliver(place, "stamped_20260302T1300.csv", second=minutes(45))
    deliver(place, "leads.csv", third=minutes(-5), fourth=minutes(90), never=datetime(2099, 1, 1, tzinfo=UTC))
    (place / "landing" / "calls.csv").write_text(f"Id,Item,User,Kind,At\nc,first,a,call,{minutes(20).isoformat()}\n")
    report = run_project(place, as_of=NOON)
    (warning,) = warned(report)
    assert str(warning) == (
        "file=landing/ row=- field=- code=FILES_WAIT: 3 files wait for a later run: by name or rows later than "
        "2026-03-02T12:00:00Z, the instant of this run"
    )
    assert (rows(place, DECIDED), rows(place, REFUSED)) == ([("first", minutes(-60))], [])
    assert run_project(place, as_of=NOON).message == "nothing to decide yet: 3 files wait for a later run"
    # Only what no clock has reached is refused; what waited counts as if it had come later.
    assert codes(run_project(place, as_of=minutes(120))) == []
    assert [item for item, _ in rows(place, DECIDED)] == ["first", "second", "third", "fourth"]
    assert rows(place, REFUSED) == [("never", "TIME_FUTURE")]
    assert rows(place, "select first_touch_at from marts.fct_sla where item_id = 'first'") in (
        [(minutes(20),)],
        [(None,)],
    )


def test_a_row_is_too_late_by_the_close_of_its_own_file(place):
    deliver(place, "stamped_20260302T1200.csv", good=minutes(-1), fast=minutes(4), late=minutes(6))
    # That day ends in New York at 5 in the morning of the next.
    deliver(place, "daily_20260302.csv", evening=minutes(16 * 60), morning=minutes(18 * 60))
    report = run_project(place, as_of=NOON + timedelta(days=2))
    assert rows(place, REFUSED) == [("late", "TIME_FUTURE"), ("morning", "TIME_FUTURE")]
    assert ("stamped", "TIME_AHEAD", 1) in report.warning_counts
    created = "select item_id, created_at from marts.fct_items where item_seq is not null order by all"
    assert rows(place, created) == [("evening", minutes(16 * 60)), ("fast", NOON), ("good", minutes(-1))]
    closes = "select source, closes_at from ops.ingested_files order by all"
    assert rows(place, closes) == [
        ("daily", minutes(17 * 60) - timedelta(microseconds=1)), ("stamped", NOON)
    ]  # fmt: skip


def test_the_newest_record_is_never_the_clock(place):
    settings = place / "project.yaml"
    settings.write_text(settings.read_text().replace("run_instant: now", "run_instant: last_record"))
    (place / "landing" / "users.csv").write_text("Id\na\nb\n")
    assert codes(run_project(place)) == ["INSTANT_UNKNOWN"]
    deliver(place, "leads1.csv", one=NOON, two=minutes(10))
    assert codes(run_project(place)) == []
    assert rows(place, DECIDED) == [("one", NOON), ("two", minutes(10))]
    (place / "landing" / "users2.csv").write_text("Id\na\nb\nc\n")
    report = run_project(place)
    assert (codes(report), report.as_of, report.frontier) == (["INSTANT_UNKNOWN"], minutes(10), minutes(10))
