"""Ninety days of a landing folder: taken up hourly, daily, at once, day by day in arrears, and decided again."""

import random
import shutil
from datetime import date, timedelta

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import DAY, clock, warehouse
from tests.e2e.projects import run_project
from tests.e2e.test_cuts import answers, moment, write

pytestmark = pytest.mark.slow

DAYS = 90
BEGIN = clock("00:00")
DAILY = timedelta(days=1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A delivery or two on most days, at odd minutes; no working day is quite like another."""
    dice, minutes = random.Random(90), []
    for day in range(DAYS):
        for _ in range(dice.choice([0, 1, 1, 2])):
            minutes.append(day * 1440 + dice.randrange(6 * 60, 22 * 60))
    folder = tmp_path_factory.mktemp("ninety") / "written"
    write(folder, 90, [moment(minute) for minute in sorted(set(minutes))], each=6)
    return folder


@pytest.fixture(scope="module")
def at_once(written):
    folder = shutil.copytree(written, written.with_name("at_once"))
    run_project(folder)
    kinds = {row[0] for row in warehouse(folder, "select distinct kind from marts.fct_decisions")}
    assert kinds >= {"assign", "redo", "skip", "hold", "reassign", "failover", "queue", "keep", "withdraw"}
    return folder, answers(folder)


def run_as_it_comes(written, folder, every):
    """Run the project at the end of each stretch of time, with the files that have come by then; count the runs.

    Of the hours without news only one a day is run, another one each day: such a run finds nothing and leaves nothing,
    and two thousand of them would take an hour.
    """
    shutil.copytree(written, folder)
    (folder / "landing").rename(folder / "waiting")
    (folder / "landing").mkdir()
    coming = sorted((path.stem.rpartition("_")[2], path.name) for path in (folder / "waiting").iterdir())
    runs, now = 0, BEGIN
    while now <= BEGIN + DAYS * DAILY:
        now += every
        idle_hour = timedelta(hours=(now - BEGIN).days % 24)
        has_news = bool(coming) and coming[0][0] <= f"{now:%Y%m%dT%H%M}"
        if not has_news and every < DAILY and (now - BEGIN) % DAILY != idle_hour:
            continue
        while coming and coming[0][0] <= f"{now:%Y%m%dT%H%M}":
            name = coming.pop(0)[1]
            shutil.move(folder / "waiting" / name, folder / "landing" / name)
        runs += run_project(folder).run_id is not None
    assert not coming
    return runs


def agree(found, expected):
    for table in expected:
        assert found[table] == expected[table], table


@pytest.mark.parametrize("every", [DAILY, timedelta(hours=1)], ids=["daily", "hourly"])
def test_runs_as_it_comes_are_one_run(written, at_once, tmp_path, every):
    runs = run_as_it_comes(written, tmp_path / "project", every)
    assert runs > DAYS // 2
    agree(answers(tmp_path / "project"), at_once[1])


def test_days_in_arrears_are_one_run(written, at_once, tmp_path):
    folder = shutil.copytree(written, tmp_path / "project")
    for day in range(DAYS):
        run_project(folder, until=DAY + timedelta(days=day + 1, microseconds=-1))
    run_project(folder)
    agree(answers(folder, is_bounded=True), answers(at_once[0], is_bounded=True))


@pytest.mark.parametrize("day", [0, 31, 89])
def test_decided_again_from_any_day_nothing_changes(at_once, tmp_path, day):
    folder = shutil.copytree(at_once[0], tmp_path / "project")
    done = backfill(load_project(folder), date(2026, 3, 2) + timedelta(days=day))
    assert (done.superseded, done.owners_changed) == (0, 0)
    agree(answers(folder), at_once[1])
