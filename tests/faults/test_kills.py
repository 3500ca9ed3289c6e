"""Runs killed at any instant: what stands is what stood before them or what they leave, and the next run ends it."""

import json
import os
import random
import shutil
import signal
import time

import duckdb
import pytest

from tests.e2e.projects import published, snapshot
from tests.e2e.test_cuts import run_in_cuts, write
from tests.faults.child import start

KILLS = 4
MANY = int(os.environ.get("RR_KILLS", "2000"))
FINISHED_EACH = 4
"""So many kills apart the project is run to its end; the others are only looked at."""

LITTER = {".rr_spill", ".rr_ingest"}


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A project with a past, and a delivery not yet taken up."""
    folder = tmp_path_factory.mktemp("kills") / "before"
    write(folder.with_name("written"), 5)
    run_in_cuts(folder.with_name("written"), folder, {2}, last=4)
    for path in sorted((folder / "waiting").iterdir()):
        shutil.move(path, folder / "landing" / path.name)
    return folder


@pytest.fixture(scope="module")
def after(before):
    """The same after an undisturbed run, and how long that took, in seconds."""
    first = start(shutil.copytree(before, before.with_name("first")))  # until then the server imports
    first.join()
    folder = shutil.copytree(before, before.with_name("after"))
    begun = time.monotonic()
    process = start(folder)
    process.join()
    assert process.exitcode == 0
    return folder, time.monotonic() - begun


def stands(folder):
    """Every table of the warehouse, and what the published copy says of itself."""
    manifest = json.loads((folder / "published" / "manifest.json").read_text())
    with published(folder) as con:
        runs = con.execute("select max(run_id) from ops.runs").fetchall()[0][0]
        items = con.execute("select count(*), count(owner_id) from marts.fct_items").fetchall()
    return snapshot(folder / "warehouse.duckdb"), (manifest["run_id"], runs, items)


def kill_after(folder, seconds):
    """Kill a run so long after its beginning; whether it was still going on."""
    process = start(folder)
    process.join(seconds)
    was_running = process.exitcode is None
    if was_running:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    return was_running


@pytest.mark.parametrize("count", [KILLS, pytest.param(MANY, marks=pytest.mark.slow)])
def test_killed_anywhere(before, after, tmp_path, count):
    ended, seconds = after
    earlier, later = stands(before), stands(ended)
    dice, killed, outcomes = random.Random(count), 0, set()
    for number in range(count):
        folder = shutil.copytree(before, tmp_path / "project")
        # Every part of the run gets its share, its last steps too.
        instant = seconds * 1.15 * (number + dice.random()) / count
        killed += kill_after(folder, instant)
        tables, copy = stands(folder)
        assert tables in (earlier[0], later[0]), instant
        assert copy in (earlier[1], later[1]), instant
        # The copy never runs ahead of the warehouse.
        assert tables == later[0] or copy == earlier[1], instant
        outcomes.add((tables == later[0], copy == later[1]))
        if number % FINISHED_EACH == 0:
            process = start(folder)
            process.join()
            assert process.exitcode == 0, instant
            assert stands(folder) == later, instant
            assert not LITTER & {path.name for path in folder.iterdir()}, instant
            assert sorted(path.name for path in (folder / "published").iterdir()) == sorted(
                path.name for path in (ended / "published").iterdir()
            ), instant
        shutil.rmtree(folder)
    # How fast a run is varies; a good part of them must have been killed before they had committed.
    assert killed >= count * 0.25
    assert (False, False) in outcomes


@pytest.mark.slow
def test_a_first_run_killed_leaves_no_warehouse_that_is_taken_for_one(before, tmp_path):
    for share in (0.6,):
        folder = shutil.copytree(before, tmp_path / f"first{share}")
        shutil.rmtree(folder / "published")
        for name in ("warehouse.duckdb", ".rr_sums.json"):
            (folder / name).unlink(missing_ok=True)
        whole = shutil.copytree(folder, tmp_path / f"whole{share}")
        begun = time.monotonic()
        process = start(whole)
        process.join()
        kill_after(folder, share * (time.monotonic() - begun))
        process = start(folder)
        process.join()
        assert process.exitcode == 0
        assert stands(folder) == stands(whole)


@pytest.mark.slow
def test_an_analyst_with_the_copy_open_sees_one_state_throughout(before, tmp_path):
    folder = shutil.copytree(before, tmp_path / "project")
    with published(folder) as con:
        rows = con.execute("select count(*) from marts.fct_decisions").fetchall()
        process = start(folder)
        process.join()
        assert process.exitcode == 0
        assert con.execute("select count(*) from marts.fct_decisions").fetchall() == rows
    with published(folder) as con:
        assert con.execute("select count(*) from marts.fct_decisions").fetchall() > rows


@pytest.mark.slow
def test_a_warehouse_open_elsewhere_is_left_alone(before, tmp_path):
    folder = shutil.copytree(before, tmp_path / "project")
    earlier = stands(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True):
        process = start(folder)
        process.join()
        assert process.exitcode != 0
    assert stands(folder) == earlier
