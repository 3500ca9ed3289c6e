"""The check that nothing of a live item happens before it was known: silent on what a run wrote, loud on damage."""

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.run import STEPS, perform_all, run
from rr_pipeline.session.session import open_session
from rr_pipeline.warehouse.sql_files import read_sql
from tests.e2e.lives import clock, deliver, item, members, project

DAMAGE = {
    "decided before its file came": "update marts.fct_decisions set decided_at = known_at - interval 1 second",
    "told before it was decided": "update marts.fct_decisions set told_at = decided_at - interval 1 second",
    "due before the owner was told": "update marts.fct_sla set due_at = told_at - interval 1 second",
    "a step before the owner was told": "update marts.fct_breaches set decided_at = '2026-03-02 09:00:00Z'",
}


@pytest.fixture(scope="module")
def con(tmp_path_factory):
    """The connection of a live run that has written its tables and proved nothing yet, with its transaction open."""
    pool = {"members": members("a", "b"), "sla": {"first_touch_within": "1h", "on_breach": ["notify_manager"]}}
    folder = project(tmp_path_factory.mktemp("knowing") / "project", {"main": pool})
    settings = folder / "project.yaml"
    settings.write_text(settings.read_text().replace("last_record", "now"))
    deliver(folder, "10:00", leads=[item("one", "08:00")])
    run(load_project(folder), as_of=clock("10:05"))
    deliver(folder, "12:00", leads=[item("two", "08:00")], acts=[])
    with open_session(load_project(folder), as_of=clock("12:05")) as session:
        perform_all(session, STEPS[:-1])
        yield session.con


def found(con):
    return con.execute(f"select count(*) from ({read_sql('checks', 'time_of_knowing').statement})").fetchall()[0][0]


def test_nothing_is_found_in_what_a_run_wrote(con):
    assert con.execute("select count(*) from marts.fct_breaches where step is not null").fetchall() == [(1,)]
    assert found(con) == 0


@pytest.mark.parametrize("damage", DAMAGE)
def test_planted_damage_is_found(con, damage):
    table = DAMAGE[damage].split()[1]
    con.execute(f"create or replace temp table kept_rows as from {table}")
    try:
        assert con.execute(DAMAGE[damage]).fetchall()[0][0] > 0
        assert found(con) > 0
    finally:
        con.execute(f"delete from {table}")
        con.execute(f"insert into {table} from kept_rows")
