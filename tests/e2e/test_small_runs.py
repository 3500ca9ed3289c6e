"""A run of ten new rows: how many SQL statements it takes, whatever there was before."""

import pytest

from benchmarks.statements import logged_statements
from tests.e2e.projects import lead, policy, run_project, write_leads, write_project

pytestmark = pytest.mark.usefixtures("real_expectations")

MOST = 786
"""Statements of a run of ten rows. Write down the new number when there are fewer, and when a step needs one more."""


def statements(folder, log, first, count, name):
    write_leads(folder, [lead(number) for number in range(first, first + count)], name)
    log.mkdir()
    with logged_statements(log) as found:
        run_project(folder)
    return found


def test_ten_rows_take_as_many_statements_whatever_the_history(tmp_path):
    folder = write_project(tmp_path / "project", policy([{"user": "ann"}, {"user": "bob"}]))
    statements(folder, tmp_path / "first", 0, 10, "leads_20260401T0000.csv")
    short = statements(folder, tmp_path / "short", 10, 10, "leads_20260401T0001.csv")
    statements(folder, tmp_path / "bulk", 20, 600, "leads_20260401T0002.csv")
    long = statements(folder, tmp_path / "long", 620, 10, "leads_20260401T0003.csv")
    assert len(long) == len(short)
    assert len(long) <= MOST
