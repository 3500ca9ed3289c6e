"""A clock that jumps: runs decide at the frontier until it has caught up, and what is final stays."""

from datetime import UTC, datetime

import pytest

from tests.e2e.projects import lead, policy, rows, run_project, write_leads, write_project

AHEAD = datetime(2090, 1, 1, 9, tzinfo=UTC)
"""What the clock said when it was wrong; no clock that runs this test says so."""


@pytest.mark.slow
def test_a_clock_that_was_ahead_and_goes_back_changes_nothing_that_is_final(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]))
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now"))
    write_leads(folder, [lead(1, at=AHEAD.replace(hour=8))], "leads_20900101T0830.csv")
    run_project(folder, as_of=AHEAD, is_ahead_allowed=True)
    decided = "select item_id, owner_id, decided_at from marts.fct_items order by item_seq"
    (first,) = rows(folder, decided)
    frontier = AHEAD
    write_leads(folder, [lead(2), lead(3)], "leads_20260302T1000.csv")
    again = run_project(folder)
    assert (again.run_id, again.as_of, again.frontier) == ("run-000002", frontier, frontier)
    assert rows(folder, decided) == [first, ("L00002", "b", frontier), ("L00003", "a", frontier)]
    assert run_project(folder).run_id is None
    write_leads(folder, [lead(4, at=AHEAD.replace(minute=5))], "leads_20900101T0910.csv")
    run_project(folder, as_of=AHEAD.replace(hour=10), is_ahead_allowed=True)
    assert rows(folder, decided)[3:] == [("L00004", "b", AHEAD.replace(minute=10))]
