"""A policy that is tried may name users and words that the project's own policies do not: what a comparison shows."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.config.policy_loader import load_policy_file
from rr_pipeline.errors import RefusedError
from rr_pipeline.personal import hidden
from rr_pipeline.runs.shadow import compare_shadows, simulate
from tests.e2e.projects import policy, run_project, write_project

DAY = date(2026, 3, 2)
KARI, FAIR = "kari@firma.no", "Kari's spring fair"
SOURCES = """
sources:
  leads: {table: items, object_type: lead, location: leads.csv,
          mapping: {item_id: Id, created_at: At, account_id: Account, campaign: Campaign}}
  accounts: {table: accounts, location: accounts.csv, mapping: {account_id: Id, owner_id: Owner}}
  users: {table: users, location: users.csv, mapping: {user_id: Id}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two accounts of a user whom no policy names, two items for the rotation."""
    rules = policy([{"user": "a"}, {"user": "b"}])
    folder = write_project(tmp_path_factory.mktemp("masks") / "project", rules, sources=SOURCES)
    landing = folder / "landing"
    (landing / "accounts.csv").write_text(f"Id,Owner\nA1,{KARI}\n")
    (landing / "users.csv").write_text(f"Id\na\nb\n{KARI}\n")
    leads = "".join(f"L{n},2026-03-02T09:0{n}:00Z,{'A1' if n < 3 else ''},{FAIR}\n" for n in range(1, 5))
    (landing / "leads.csv").write_text("Id,At,Account,Campaign\n" + leads)
    run_project(folder)
    return folder


def tried_policy(folder):
    """She joins the pool, and a territory goes by the campaign."""
    place = folder.with_name("tried.yaml")
    rules = policy([{"user": "a"}, {"user": "b"}, {"user": KARI}])
    territory = {"name": "fair", "pool": "pool", "when": {"campaign": [FAIR]}}
    place.write_text(json.dumps({**rules, "version": "v2", "territories": [territory]}))
    return load_policy_file(place, ZoneInfo("UTC"))


def owners(path):
    with duckdb.connect(str(path), read_only=True) as con:
        query = "select one_owner_id, other_owner_id, is_owner_different from compare.items order by item_id"
        return con.execute(query).fetchall()


def campaigns(found):
    given = [row for row in found.tables["sla"] if row["attribute"] == "campaign"]
    return [row["value"] for row in given]


def test_whom_and_what_either_side_shows_is_one_user_and_one_word(folder):
    project = load_project(folder)
    _, _, found = simulate(project, "tried", DAY, None, tried_policy(folder))
    kept = (KARI, KARI, False)
    assert owners(found.path) == [kept, kept, ("a", "a", False), ("b", "b", False)]
    assert campaigns(found) == [FAIR]


def test_whom_and_what_neither_shows_is_in_no_comparison(folder):
    project = load_project(folder)
    _, _, found = simulate(project, "same", DAY)
    kari = hidden(project.hash_key, KARI)
    assert [row[:2] for row in owners(found.path)][:2] == [(kari, kari)] * 2
    assert campaigns(found) == [hidden(project.hash_key, FAIR)]
    content = found.path.read_bytes()
    assert KARI.encode() not in content
    assert FAIR.encode() not in content


def test_a_shadow_made_before_there_were_masks_is_not_compared(folder):
    project = load_project(folder)
    simulate(project, "early", DAY)
    simulate(project, "later", DAY)
    manifest = folder / "shadows" / "early" / "published" / "manifest.json"
    manifest.write_text(
        json.dumps({key: value for key, value in json.loads(manifest.read_text()).items() if key != "masks"})
    )
    with pytest.raises(RefusedError, match=r"COPY_OUTDATED.*`rr-pipeline simulate --name early`"):
        compare_shadows(project, "early", "later")
