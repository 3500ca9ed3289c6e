"""Service levels and their measures equal a recount of everything in plain Python, however the runs are cut."""

from __future__ import annotations

import pytest

from tests.steps import sla_recount_marts as marts
from tests.steps.given import open_given
from tests.steps.sla_given import TABLES, VIEWS, Warehouse
from tests.steps.sla_recount import Recount
from tests.steps.sla_worlds import draw_world

FACTS = ("fct_sla", "fct_waits", "dim_days")


def keyed(rows):
    """Rows in one order; sorting mixes None and values, so by their text."""
    return sorted(rows, key=lambda row: [str(value) for value in row.values()])


def check(warehouse, world, frontier):
    """Compare every table with its recount, column by column and to the last digit."""
    known = Recount(world, frontier)
    wanted = {"fct_sla": known.sla, "fct_waits": known.waits}
    wanted |= {view: list(getattr(marts, view)(known)) for view in VIEWS}
    for table, rows in wanted.items():
        columns = sorted(rows[0])
        found = warehouse.rows(table, ", ".join(columns))
        assert keyed(found) == keyed({name: row[name] for name in columns} for row in rows), table


@pytest.mark.parametrize(
    ("seed", "item_count", "run_count", "days"), [(1, 150, 4, 40), (2, 60, 12, 20), (3, 400, 1, 2)]
)
def test_everything_is_recounted_after_every_run(seed, item_count, run_count, days):
    world = draw_world(seed, item_count, run_count, days)
    with open_given(TABLES) as con:
        warehouse = Warehouse(con)
        for news in world.news(world.frontiers):
            warehouse.run(news)
            if warehouse.items:
                check(warehouse, world, news.frontier)


def test_runs_however_cut_leave_the_same_tables():
    world = draw_world(4, 200, 9)
    found = []
    for frontiers in (world.frontiers, world.frontiers[-1:]):
        with open_given(TABLES) as con:
            warehouse = Warehouse(con)
            for news in world.news(frontiers):
                warehouse.run(news)
            found.append(
                {
                    table: [{key: value for key, value in row.items() if key not in NUMBERED} for row in rows]
                    for table in (*FACTS, *VIEWS)
                    if (rows := warehouse.rows(table))
                }
            )
    assert found[0] == found[1]


NUMBERED = ("run_id",)


def test_a_run_writes_only_what_it_learnt_something_of():
    world = draw_world(5, 100, 6)
    with open_given(TABLES) as con:
        warehouse = Warehouse(con)
        before = {}
        for news in world.news(world.frontiers):
            warehouse.run(news)
            run_id = f"run-{warehouse.run_count:06d}"
            rows = {(row["item_seq"], row["applied_at"]): row for row in warehouse.rows("fct_sla")}
            for key, row in rows.items():
                if row["run_id"] == run_id:
                    assert before.get(key) != row
                else:
                    assert before[key] == row
            before = rows
