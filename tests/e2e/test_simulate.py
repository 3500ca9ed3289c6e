"""Shadows: what would have been decided, apart from what was, and what the two differ in."""

import json
import shutil
from datetime import date
from zoneinfo import ZoneInfo

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.config.policy_loader import load_policy_file
from rr_pipeline.errors import RefusedError
from rr_pipeline.runs.backfill import backfill
from rr_pipeline.runs.shadow import compare_shadows, read_shadow, simulate
from tests.e2e.lives import warehouse
from tests.e2e.projects import rows, run_project, snapshot
from tests.e2e.test_cuts import write
from tests.e2e.test_restate import add_version

DAY = date(2026, 3, 3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("simulated") / "project"
    write(folder, 11)
    run_project(folder)
    return folder


@pytest.fixture(scope="module")
def tried(folder):
    """Another policy, written elsewhere and never in force."""
    place = folder.with_name("elsewhere")
    (place / "policies").mkdir(parents=True)
    add_version(place, begins="2031-01-01")
    return load_policy_file(place / "policies" / "v2.yaml", ZoneInfo("UTC"))


@pytest.mark.parametrize("last", [DAY, None])
def test_the_policies_in_force_differ_in_nothing(folder, last):
    shadow, _, found = simulate(load_project(folder), "same", DAY, last)
    assert [row for row in found.tables["totals"] if row["difference_count"]] == []
    assert found.total("items")["one_count"] > 5
    assert found.total("items with another owner")["other_count"] == 0
    with duckdb.connect(str(shadow.folder / "comparison.duckdb"), read_only=True) as con:
        items = con.execute("select * exclude (item_seq) from compare.items").fetchall()
        comments = con.execute("select count(*) from duckdb_columns() where comment is not null").fetchall()[0][0]
    assert len(items) == found.total("items")["one_count"]
    assert comments > 30


def test_a_shadow_decides_what_a_restatement_would_and_touches_nothing(folder, tried, tmp_path):
    before, files = snapshot(folder / "warehouse.duckdb"), (folder / "published" / "routing.duckdb").read_bytes()
    shadow, _, found = simulate(load_project(folder), "other", DAY, None, tried)
    assert snapshot(folder / "warehouse.duckdb") == before
    assert (folder / "published" / "routing.duckdb").read_bytes() == files
    restated = shutil.copytree(folder, tmp_path / "restated")
    add_version(restated)
    done = backfill(load_project(restated), DAY)
    decisions = "select * exclude (run_id) from marts.fct_decisions order by decision_seq"
    assert warehouse(shadow.folder, decisions) == warehouse(restated, decisions)
    different = found.total("items with another owner")["other_count"]
    assert different >= done.owners_changed > 0
    assert rows(shadow.folder, "select count(*) from ops.outbox") == [(0,)]
    members = {(row["pool_id"], row["member_id"]): row for row in found.tables["members"]}
    given = dict(rows(restated, """
        select member_id, count(*) from marts.fct_decisions
        where kind in ('assign', 'redo', 'reassign') and pool_id = 'main' and decided_at >= '2026-03-03T00:00:00Z'
        group by all
    """))  # fmt: skip
    assert {key[1]: row["other_assigned_count"] for key, row in members.items() if key[0] == "main"} == {
        member: given.get(member, 0) for pool, member in members if pool == "main"
    }
    for row in found.tables["members"]:
        assert row["difference_count"] == row["other_assigned_count"] - row["one_assigned_count"]


def test_two_shadows_are_compared(folder, tried):
    project = load_project(folder)
    simulate(project, "narrow", DAY, DAY)
    simulate(project, "wide", date(2026, 3, 2), None, tried)
    found = compare_shadows(project, "narrow", "wide")
    assert (found.one, found.other) == ("narrow", "wide")
    assert found.from_at == read_shadow(project, "narrow").days.from_at
    assert found.until_at == read_shadow(project, "narrow").days.until_at
    assert found.total("items with another owner")["other_count"] > 0
    json.dumps(found.as_json(), default=str)


def test_a_version_of_the_same_name_is_told_apart(folder):
    project = load_project(folder)
    policy = project.policies[0].model_copy(update={"preferences": ()})
    shadow, _, _ = simulate(project, "again", DAY, None, policy)
    versions = rows(shadow.folder, "select version from ops.policy_versions order by effective_from")
    assert versions == [("v1",), ("v1-again",)]


@pytest.mark.parametrize(
    ("name", "first", "last", "code"),
    [
        ("../out", DAY, None, "SHADOW_NAME"),
        ("late", date(2027, 1, 1), None, "END_BEFORE_START"),
        ("late", date(2027, 1, 1), date(2027, 1, 2), "FROM_IN_FUTURE"),
        ("reversed", DAY, date(2026, 3, 2), "END_BEFORE_START"),
    ],
)
def test_senseless_questions_are_refused(folder, name, first, last, code):
    with pytest.raises(RefusedError, match=code):
        simulate(load_project(folder), name, first, last)
    assert not list((folder / "shadows").glob(".*"))


def test_unknown_shadows_are_named(folder):
    with pytest.raises(RefusedError, match="SHADOW_UNKNOWN"):
        compare_shadows(load_project(folder), "same", "never")
