"""Random projects through files and SQL, with every feature and all checks on: they run, and decide as the oracle does.

A valid project never ends in 70, 75 or 78, in one run or in several. ``RR_PROJECTS`` says how many the long suite looks
at, ``RR_PROJECTS_FROM`` from which seed on; a seed that fails is printed, with the smallest project that fails so too.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rr_pipeline.core.model import KINDS, OUTCOMES, REASONS
from tests.projects.expected import expected_of, world_of
from tests.projects.look import look_at
from tests.projects.make_project import project_of
from tests.projects.tree import COLUMNS

COUNT = int(os.environ.get("RR_PROJECTS", "200"))
FIRST = int(os.environ.get("RR_PROJECTS_FROM", "1000"))
CHUNK = 10


FAST = {18: "whole", 49: "two", 106: "each", 606: "two"}
"""Seeds whose projects have between them all that a test below asks for, and how each is run."""


@pytest.mark.parametrize("seed", FAST)
def test_a_random_project_decides_as_the_oracle(tmp_path: Path, seed: int) -> None:
    """The first as in production; the others are not published, and have their quality checked once."""
    found = look_at(seed, tmp_path, FAST[seed], is_quick=seed != min(FAST))
    assert found is None, found


def test_the_fast_seeds_have_everything() -> None:
    projects = [project_of(seed) for seed in FAST]
    expected = [expected_of(project) for project in projects]
    rows = [row for one in expected for row in one.oracle.rows]
    # Owners that persons change are ignored, and no ladder of the dice reminds or turns to another system.
    assert {row.kind for row in rows} == set(KINDS) - {"give", "stand_in"}
    assert {row.cause for row in rows} >= {None, "nobody", "hold_expired", "breach", "closed"}
    assert {code & 63 for row in rows for code in row.reasons} >= set(range(len(REASONS) + 1))
    assert {breach.outcome for one in expected for breach in one.oracle.breaches} == set(OUTCOMES) - {
        "reminded",
        "told",
        "returned",
    }
    outcomes = {standing.outcome for one in expected for standing in one.standings}
    assert outcomes == {"assigned", "kept", "duplicate", "disqualified", "held", "queued"}
    assert sum(one.items.rows.refused_count for one in expected)
    feeds = [feed for project in projects for feed in project.feeds]
    assert {feed.format for feed in feeds} == {"csv", "jsonl", "parquet"}
    assert {feed.table for feed in feeds} == set(COLUMNS)
    assert {len(project.policies) for project in projects} == {1, 2, 3}
    assert {project.run_instant for project in projects} == {"now", "last_record"}


def test_the_oracle_knows_what_owners_did_before_items_that_came_late_were_decided() -> None:
    """What the first owner did since the item was created is the first touch, so nobody else gets the item."""
    world, items = world_of(project_of(845))
    late = next(one for one in items.settled if one.told.row["item_id"] == "i44")
    arrival = next(one for one in world.arrivals if one.item == late.number)
    (touch,) = [one for one in world.events if one.item == late.number and one.member == "eve"]
    assert arrival.created is not None
    assert arrival.created < touch.occurred < arrival.time
    rows = expected_of(project_of(845)).oracle.rows
    assert [(row.kind, row.member) for row in rows if row.item == late.number] == [("assign", "eve")]


@pytest.mark.slow
@pytest.mark.parametrize("chunk", range(-(-COUNT // CHUNK)))
def test_random_projects_decide_as_the_oracle(tmp_path: Path, chunk: int) -> None:
    """One of ten is published and has its quality checked twice, as in production."""
    for seed in range(FIRST + CHUNK * chunk, FIRST + min(CHUNK * (chunk + 1), COUNT)):
        print(f"seed {seed}")
        found = look_at(seed, tmp_path, is_quick=seed % 10 != 0)
        assert found is None, found


def test_the_same_seed_is_the_same_project() -> None:
    assert project_of(7) == project_of(7)
    assert project_of(7) != project_of(8)
