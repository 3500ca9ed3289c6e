"""How often files come and runs are, against what the policy promises: what `check` says before anybody waits."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.trial import try_files
from tests.e2e.lives import clock, deliver, item, members, project
from tests.e2e.projects import run_project


def doubts(folder) -> dict[str, str]:
    """The warnings about time, by code: the setting each names."""
    codes = {"HISTORY_AS_LIVE", "TARGET_SHORTER_THAN_DELIVERIES", "HOURS_BETWEEN_RUNS"}
    return {one.code: one.field or "" for one in try_files(load_project(folder)).warnings if one.code in codes}


@pytest.fixture
def office(tmp_path):
    """A live project of one pool that works in office hours, with an hour for the first touch."""
    pool = {"members": members(*"ab"), "calendar": "office", "sla": [{"name": "soon", "first_touch_within": "1h"}]}
    calendars = {"office": {"hours": {"mon-fri": ["08:00-16:00"]}}}
    folder = project(tmp_path / "p", {"pool": pool}, calendars=calendars)
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("run_instant: last_record", "run_instant: now"))
    return folder


def nightly(folder, days: range, hour: str = "23:00") -> None:
    for day in days:
        deliver(
            folder, f"{day}d {hour}", leads=[item(f"of-{day}-{number}", f"{day}d 09:0{number}") for number in range(3)]
        )


def test_files_that_come_rarely_and_at_night_are_said(office):
    nightly(office, range(4))
    assert doubts(office) == {
        "TARGET_SHORTER_THAN_DELIVERIES": "pools.pool.sla", "HOURS_BETWEEN_RUNS": "pools.pool",
    }  # fmt: skip
    said = [one.message for one in try_files(load_project(office)).warnings]
    assert any("soon" in one and "of leads, 1d as a rule" in one for one in said)
    assert any("the last 4 deliveries came" in one for one in said)


def test_two_files_show_no_habit(office):
    nightly(office, range(2))
    assert doubts(office) == {}


def test_files_that_come_often_in_working_hours_are_fine(office):
    for minute in range(0, 60, 15):
        deliver(office, f"10:{minute:02}", leads=[item(f"at-{minute}", f"10:{minute:02}")])
    assert doubts(office) == {}


def test_runs_count_before_files(office):
    nightly(office, range(4))
    for day in range(1, 4):
        run_project(office, as_of=clock(f"{day}d 09:30"))
    assert "HOURS_BETWEEN_RUNS" not in doubts(office)


def test_runs_at_night_are_said(office):
    nightly(office, range(4), "10:00")
    for day in range(4):
        run_project(office, as_of=clock(f"{day}d 23:05"))
    assert "HOURS_BETWEEN_RUNS" in doubts(office)


def test_history_is_not_live(office):
    deliver(office, "30d 10:00", leads=[item(str(day), f"{day}d 09:00") for day in range(30)])
    assert doubts(office) == {"HISTORY_AS_LIVE": "sources.leads.decide"}
    sources = office / "sources.yaml"
    sources.write_text(sources.read_text().replace("  leads:\n", "  leads:\n    decide: created\n"))
    assert doubts(office) == {}


def test_a_project_of_history_promises_nothing(office):
    settings = office / "project.yaml"
    settings.write_text(settings.read_text().replace("run_instant: now", "run_instant: last_record"))
    nightly(office, range(4))
    assert doubts(office) == {}
