"""A run's statements handle rows in proportion to what is delivered: no check may take all night over a large pool.

Each world is run with some rows and with twice as many; what counts is DuckDB's own profile, not the clock.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from rr_pipeline.examples.demo import write_demo
from rr_pipeline.warehouse.sql_files import layer_files
from tests.checks.work import Join, Recorder, Work, recorded
from tests.e2e.lives import FEED
from tests.e2e.projects import START, policy, run_project, write_project

MOST = 2.2
"""Times the rows, when twice as much is delivered."""

FEW = 2 * 2048
"""Rows more or less that say nothing: DuckDB counts what it scans by 2048."""

COLUMNS = {
    "leads": ("items, object_type: lead", "item_id created_at updated_at email account_id status"),
    "accounts": ("accounts", "account_id owner_id"),
    "calls": ("activities", "activity_id item_id user_id kind occurred_at"),
}
SHORT_KEYS = ("item_seq = item_seq", "item_id = item_id", "duplicate_of = item_id", ") = day", "window_no = window_no")
"""Keys of which few rows are equal, however much is delivered: of an item, of a zone's day, of a limit's window."""

CONTEXT_KEYS = ("contact_id = contact_id", "account_id = account_id", "email = email", " = domain")
"""Keys of contexts: the row in force at a delivery is looked up, among as many as the context has had changes."""


def equal_members(folder: Path, count: int) -> None:
    """One pool of four with equal weights; some leads are kept, called on, moved by a missed target or closed."""
    limits = {"hourly": 50, "daily": 500}
    target = {"name": "soon", "first_touch_within": "1h", "on_breach": ["reassign"]}
    pool = policy([{"user": user} for user in "abcd"], limits=limits, count_kept=True, sla=[target])
    sources = "sources:" + "".join(
        FEED.format(feed=feed, table=table.replace(", ", "\n    "), mapping=_as_named(columns))
        for feed, (table, columns) in COLUMNS.items()
    )
    write_project(folder, {**pool, "users": [{"user": "a", "limits": limits}]}, sources=sources)
    day = f"{START + timedelta(minutes=20 * count, days=1):%Y%m%d}"
    accounts = [f"A{number},{'abcd'[number % 4]}" for number in range(count // 10)]
    _deliver(folder, f"accounts_{day}T0000", accounts)
    leads, calls = [], []
    for number in range(count):
        at = START + timedelta(minutes=20 * number)
        account = f"A{number % (count // 10)}" if number % 3 == 0 else ""
        given = f"L{number},{at.isoformat()},{{}},p{number}@firm.example,{account},{{}}"
        leads.append(given.format(at.isoformat(), ""))
        if number % 7 == 0:
            leads.append(given.format((at + timedelta(hours=3)).isoformat(), "closed"))
        if number % 5:
            called = at + timedelta(minutes=30)
            calls.append(f"C{number},L{number},{'abcd'[number % 4]},call,{called.isoformat()}")
    for part in (0, 1):
        _deliver(folder, f"leads_{day}T000{part}", leads[part * len(leads) // 2 : (part + 1) * len(leads) // 2])
        _deliver(folder, f"calls_{day}T000{part}", calls[part * len(calls) // 2 : (part + 1) * len(calls) // 2])


def _as_named(columns: str) -> str:
    return ", ".join(f"{column}: {column}" for column in columns.split())


def _deliver(folder: Path, name: str, rows: list[str]) -> None:
    header = COLUMNS[name.partition("_")[0]][1].replace(" ", ",")
    (folder / "landing" / f"{name}.csv").write_text("\n".join([header, *rows]) + "\n")


def demo(folder: Path, count: int) -> None:
    """Every feed and every rule of the demo, over the same days."""
    write_demo(folder, count, 3, 6)


def in_two_runs(folder: Path) -> None:
    """Run the first delivery, then the second."""
    later = sorted((folder / "landing").glob("*T0001.csv"))
    aside = [path.rename(folder / path.name) for path in later]
    run_project(folder)
    for path, back in zip(aside, later, strict=True):
        path.rename(back)
    run_project(folder)


def views(folder: Path) -> dict[str, Work]:
    """The work of reading every view of the published copy, in the client of an analyst."""
    found: dict[str, Work] = {}
    with duckdb.connect(str(folder / "published" / "routing.duckdb"), read_only=True) as con:
        reader = Recorder(con, found, folder)
        for view in layer_files("marts"):
            if view.kind == "view":
                reader.execute(f"create or replace temp table answer as from {view.name}")
    return found


WORLDS = [
    pytest.param((equal_members, in_two_runs, 2000), id="equal"),
    pytest.param((demo, run_project, 1500), id="demo", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module", params=WORLDS)
def twice(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Work]]:
    """What a world's statements handle, and what they handle when twice as much is delivered."""
    make, run, count = request.param
    return [_worked(make, run, tmp_path_factory.mktemp("world") / "p", size) for size in (count, 2 * count)]


def _worked(
    make: Callable[[Path, int], None], run: Callable[[Path], object], folder: Path, count: int
) -> dict[str, Work]:
    make(folder, count)
    with recorded(folder) as statements:
        run(folder)
    return {**statements, **views(folder)}


def test_twice_the_rows_are_twice_the_work(twice: list[dict[str, Work]]) -> None:
    once, doubled = twice
    checks = [check.statement for check in layer_files("checks")]
    assert all(any(check in statement for statement in doubled) for check in checks)
    more = {
        statement: (once[statement].rows, work.rows)
        for statement, work in doubled.items()
        if statement in once and work.rows > MOST * once[statement].rows + FEW
    }
    assert not more


def test_no_pairs_of_rows_are_looked_at_one_by_one(twice: list[dict[str, Work]]) -> None:
    once, doubled = twice
    found = {
        statement: growing
        for statement, work in doubled.items()
        if statement in once and (growing := _growing(once[statement].joins, work.joins))
    }
    assert not found


def _growing(before: list[Join], after: list[Join]) -> list[Join]:
    """Joins over two sides of which neither is settled by few rows: those that twice as much makes larger."""
    unkeyed = [join for join in after if not any(key in one for one in join.conditions for key in SHORT_KEYS)]
    if len(before) != len(after):
        return [join for join in unkeyed if min(join.sides) > FEW // 16]
    sizes = {(join.kind, join.conditions, place): join.sides for place, join in enumerate(before)}
    return [
        join
        for place, join in enumerate(after)
        if join in unkeyed
        and not any(key in one for one in join.conditions for key in CONTEXT_KEYS)
        and all(
            now > 1.2 * then + 5
            for now, then in zip(join.sides, sizes.get((join.kind, join.conditions, place), (0, 0)), strict=True)
        )
    ]
