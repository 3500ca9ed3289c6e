"""A project whose warehouse an earlier version made: the first run brings it on, with news and without.

``earlier/layout_3.tar.xz`` is a project of three members and nineteen leads, run once by the version of layout 3. It
holds what later rules see otherwise: kiran, whose local hours begin at half past, got three items in one of them, two
being the limit; past has left the day after, owing or owed some turns.
"""

import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.maintenance.verify import verify
from tests.e2e.projects import lead, rows, run_project, write_leads

MADE = Path(__file__).parent / "earlier" / "layout_3.tar.xz"
NEXT_DAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
BALANCES = "select member_id, balance from marts.mart_balance_daily qualify local_date = max(local_date) over ()"


@pytest.fixture
def folder(tmp_path):
    with tarfile.open(MADE) as made:
        made.extractall(tmp_path, filter="data")
    return tmp_path / "small"


def test_the_first_run_brings_an_earlier_warehouse_on_though_nothing_is_new(folder):
    report = run_project(folder)
    assert (report.run_id, int(report.exit_code)) == ("run-000002", 0)
    assert rows(folder, "select count(*) from marts.fct_items") == [(19,)]
    assert run_project(folder).run_id is None


def test_what_is_new_is_decided_by_the_new_rule(folder):
    write_leads(
        folder, [lead(n, at=NEXT_DAY + timedelta(minutes=n)) for n in range(101, 107)], "leads_20260303T1100.csv"
    )
    report = run_project(folder)
    assert (report.run_id, int(report.exit_code)) == ("run-000002", 0)
    assert {owner for (owner,) in rows(folder, "select owner_id from marts.fct_items where item_id > 'L00100'")} == {
        "kiran", "ola",
    }  # fmt: skip
    balances = dict(rows(folder, BALANCES))
    assert balances.get("past", 0) == 0
    assert sum(balances.values()) == pytest.approx(0)
    assert verify(load_project(folder)).problems == ()
