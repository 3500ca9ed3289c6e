"""The walk-through of a help desk: targets, clocks and closings equal a recount of the delivered log.

On an invented log of the same form, and on the real one where that is there, whose figures are known.
"""

import csv
import shutil
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import holidays
import pytest

from rr_pipeline.errors import Exit
from tests.data_sets import FOLDER, ROOT, extra
from tests.e2e.projects import rows, run_project
from tests.walkthroughs.invented import write_log

CONFIG = ROOT / "docs" / "walkthroughs" / "helpdesk"
REAL = FOLDER / "helpdesk" / "helpdesk.csv"
ROME = ZoneInfo("Europe/Rome")
OFF = holidays.country_holidays("IT", years=range(2010, 2015))
BLOCKS = ((9, 13), (14, 18))
WITHIN = timedelta(hours=8)


@pytest.fixture(scope="module", params=[pytest.param(None, id="invented"), extra(REAL, needs="helpdesk", id="real")])
def log(request, tmp_path_factory):
    """The delivered file."""
    return request.param or write_log(tmp_path_factory.mktemp("desk") / "helpdesk.csv")


@pytest.fixture(scope="module")
def events(log):
    with log.open(newline="", encoding="utf-8") as file:
        return [
            (row["case:concept:name"], row["Activity"], datetime.fromisoformat(row["time:timestamp"]))
            for row in csv.DictReader(file)
        ]


@pytest.fixture(scope="module")
def done(tmp_path_factory, log):
    folder = tmp_path_factory.mktemp("helpdesk") / "project"
    shutil.copytree(CONFIG, folder)
    (folder / "landing").mkdir()
    for name in ("tickets.csv", "log.csv"):
        shutil.copy(log, folder / "landing" / name)
    return folder, run_project(folder)


def blocks(day: date):
    """Working blocks of a local day, as instants."""
    if day.weekday() < 5 and day not in OFF:
        for begin, end in BLOCKS:
            yield tuple(
                datetime(day.year, day.month, day.day, hour, tzinfo=ROME).astimezone(UTC) for hour in (begin, end)
            )


def worked(since: datetime, until: datetime) -> timedelta:
    """Working time between two instants, block by block."""
    day, last, total = since.astimezone(ROME).date(), until.astimezone(ROME).date(), timedelta()
    while day <= last:
        for begin, end in blocks(day):
            total += max(timedelta(), min(end, until) - max(begin, since))
        day += timedelta(days=1)
    return total


def at_work(since: datetime) -> datetime:
    """The first working instant from this one on: until then a ticket waits."""
    day = since.astimezone(ROME).date()
    while True:
        for begin, end in blocks(day):
            if since < end:
                return max(begin, since)
        day += timedelta(days=1)


def due(since: datetime) -> datetime:
    """The instant at which the promised working time has passed."""
    left, day = WITHIN, since.astimezone(ROME).date()
    while True:
        for begin, end in blocks(day):
            start = max(begin, since)
            if start < end and end - start >= left:
                return start + left
            left -= max(timedelta(), end - start)
        day += timedelta(days=1)


@pytest.fixture(scope="module")
def recount(events):
    """Case -> (begun, given, due, first taken in charge after that or None, closed or None), from the log alone."""
    firsts: dict[tuple[str, str], datetime] = {}
    for case, activity, at in events:
        if activity == "Assign seriousness":
            firsts[case, activity] = min(at, firsts.get((case, activity), at))
    begun = {case: at for (case, _), at in firsts.items()}
    told = {}
    for case, since in begun.items():
        told[case] = [since, at_work(since), due(since), None, None]
    for case, activity, at in events:
        place = {"Take in charge ticket": 3, "Closed": 4}.get(activity)
        if place and case in told and at >= told[case][1]:
            before = told[case][place]
            told[case][place] = at if before is None else min(before, at)
    return told


def test_the_raw_layer_is_the_log(events, done):
    counts = Counter(activity for _, activity, _ in events)
    with duckdb.connect(str(done[0] / "warehouse.duckdb"), read_only=True) as con:
        for source in ("tickets", "log"):
            stored = con.execute(f'select "Activity", count(*) from raw.{source} group by all').fetchall()
            assert dict(stored) == counts


def test_every_row_ends_one_way(done, events, recount):
    (feed,) = done[1].feeds
    begun = sum(activity == "Assign seriousness" for _, activity, _ in events)
    assert done[1].exit_code == Exit.DONE
    told = (feed.rows, feed.outcomes["assigned"], feed.repeated, feed.left_out)
    assert told == (len(events), len(recount), begun - len(recount), len(events) - begun)


@pytest.mark.parametrize("log", [extra(REAL, needs="helpdesk", id="real")], indirect=True)
def test_the_known_figures_of_the_data_set(log, events, done):
    counts = Counter(activity for _, activity, _ in events)
    assert len(events) == 21_348
    assert len({case for case, _, _ in events}) == 4_580
    facts = {"Take in charge ticket": 5_060, "Resolve ticket": 4_983, "Assign seriousness": 4_938, "Closed": 4_574}
    assert {name: counts[name] for name in facts} == facts
    (feed,) = done[1].feeds
    assert (feed.rows, feed.outcomes["assigned"], feed.repeated, feed.left_out) == (21_348, 4_495, 443, 16_410)
    stored = dict(rows(done[0], "select status, count(*) from marts.fct_sla group by all"))
    assert stored == {"met": 2_437, "breached": 2_058}
    taken = "select count(*), median(elapsed_seconds), median(elapsed_working_seconds) from marts.fct_sla"
    assert rows(done[0], f"{taken} where first_touch_at is not null") == [(4_174, 61_386.5, 13_395)]


def test_tickets_begin_when_their_seriousness_was_first_assigned(done, recount):
    stored = dict(rows(done[0], "select item_id, created_at from marts.fct_items"))
    assert stored == {case: told[0] for case, told in recount.items()}


def test_what_is_due_follows_the_working_clock_of_rome(done, recount):
    stored = dict(rows(done[0], "select item_id, due_at from marts.fct_sla"))
    assert stored == {case: told[2] for case, told in recount.items()}


def expected(_since, _given, limit, taken, closed, frontier):
    """Met, breached, running, or None where it was closed untouched before it fell due."""
    if taken is not None and taken <= limit and (closed is None or taken <= closed):
        return "met"
    if closed is not None and closed <= limit:
        return None
    return "breached" if limit <= frontier else "running"


def test_service_levels_are_those_of_a_recount(done, recount):
    frontier = done[1].frontier
    stored = dict(rows(done[0], "select item_id, status from marts.fct_sla"))
    assert stored == {case: expected(*told, frontier) for case, told in recount.items()}
    counts = Counter(stored.values())
    assert min(counts["met"], counts["breached"]) > 0
    daily = "select sum(met_count), sum(breached_count), sum(running_count) from marts.mart_sla_daily"
    assert rows(done[0], daily) == [(counts["met"], counts["breached"], counts["running"])]


def test_first_responses_in_working_and_in_calendar_time(done, recount):
    query = (
        "select item_id, elapsed_seconds, elapsed_working_seconds from marts.fct_sla where first_touch_at is not null"
    )
    stored = {case: (elapsed, working) for case, elapsed, working in rows(done[0], query)}
    took = {
        case: ((taken - given).total_seconds(), worked(given, taken).total_seconds())
        for case, (_, given, _, taken, closed) in recount.items()
        # One was taken in charge again after it had been closed: that is no touch.
        if taken is not None and not (closed and taken > closed)
    }
    assert stored == took
    assert took


def test_every_missed_promise_was_told_once(done):
    ((breached,),) = rows(done[0], "select count(*) from marts.fct_sla where status = 'breached'")
    assert rows(done[0], "select outcome, is_notified, count(*) from marts.fct_breaches group by all") == [
        ("notified", True, breached)
    ]
