"""Being told to stop, by real signals to real processes: in every step, in statements, in loops, in what never ends."""

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rr_pipeline.idle import STAMP_FILE
from rr_pipeline.runs.run import STEPS
from rr_pipeline.warehouse.left import LEFT_FILE
from tests.e2e.projects import run_project, snapshot

COMMAND = [str(Path(sys.executable).with_name("rr-pipeline")), "run", "--project"]
ALLOWED_SECONDS = 5.0
BEFORE_COMMIT = [step.doing for step in STEPS] + ["committing"]
TABLES = ("warehouse.duckdb", "published/routing.duckdb")

pytestmark = pytest.mark.slow  # processes of a demo, and whole runs to compare with


def stop(command, saying, number):
    """Start a run, send the signal as soon as it says what it is doing; its exit code and seconds, and what it said."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        said = []
        for line in process.stderr:
            said.append(line)
            if line.startswith(f"  {saying}"):
                process.send_signal(number)
                break
        told_at = time.monotonic()
        said.append(process.stderr.read())
        code = process.wait(timeout=60)
    return code, time.monotonic() - told_at, "".join(said)


def last_line(folder):
    return json.loads((folder / "runs.log").read_text().splitlines()[-1])


KEPT = (".rr_pipeline.lock", ".rr_sums.json", STAMP_FILE, LEFT_FILE)


def litter(folder):
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if (path.name.startswith(".") and path.name not in KEPT) or path.suffix in (".wal", ".new", ".tmp")
    )


def check_stop(demo, undisturbed, folder, saying, number):
    shutil.copytree(demo, folder)
    code, seconds, said = stop([*COMMAND, str(folder)], saying, number)
    assert code == 128 + number, said
    assert seconds < ALLOWED_SECONDS
    assert f"stopped by {signal.Signals(number).name}" in said
    assert "Traceback" not in said
    assert litter(folder) == []
    assert last_line(folder)["exit_code"] == code
    if saying in BEFORE_COMMIT[:-1]:
        assert not (folder / "warehouse.duckdb").exists()
        assert not list((folder / "published").glob("*"))
    run_project(folder)
    assert litter(folder) == []
    for name in TABLES:
        assert snapshot(folder / name) == snapshot(undisturbed / name)


@pytest.mark.parametrize("saying", ["checking expectations", "writing marts"])
def test_a_run_told_to_stop_rolls_back_within_seconds(small_demo, small_demo_done, tmp_path, saying):
    check_stop(small_demo, small_demo_done, tmp_path / "project", saying, signal.SIGTERM)


@pytest.mark.parametrize("saying", ["publishing"])
def test_told_to_stop_at_its_end_the_commit_is_whole_or_not_begun(small_demo, small_demo_done, tmp_path, saying):
    check_stop(small_demo, small_demo_done, tmp_path / "project", saying, signal.SIGTERM)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_do_the_same(small_demo, small_demo_done, tmp_path, number):
    check_stop(small_demo, small_demo_done, tmp_path / "project", "applying territories", number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("saying", [*BEFORE_COMMIT, "publishing"])
def test_a_run_can_be_stopped_in_every_step(small_demo, small_demo_done, tmp_path, saying, number):
    check_stop(small_demo, small_demo_done, tmp_path / "project", saying, number)


STUCK = """
import sys, time
from dataclasses import replace
from pathlib import Path
from rr_pipeline import cli
from rr_pipeline.runs import run as module

def statement(session, found):
    session.con.execute("create temp table big as from range(20_000_000)")
    session.progress("at it", 0, None)
    session.con.execute("select count(*) from big as a, big as b where a.range * b.range % 7 = 3").fetchall()

def loop(session, found):
    session.progress("at it", 0, None)
    while True:
        time.sleep(0.01)

def swallowed(session, found):
    session.progress("at it", 0, None)
    try:
        time.sleep(60)
    except BaseException:
        pass

def never(session, found):
    (session.project.folder / ".rr_spill").mkdir(exist_ok=True)
    (session.project.folder / ".rr_spill" / "piece").write_text("left")
    session.progress("at it", 0, None)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

perform = {name: function for name, function in globals().items() if callable(function)}[sys.argv[2]]
steps = tuple(replace(step, perform=perform) if step.name == "router" else step for step in module.STEPS)
perform_all = module.perform_all
module.perform_all = lambda session: perform_all(session, steps)
sys.argv = ["rr-pipeline", "run", "--project", sys.argv[1]]
cli.main()
"""


@pytest.mark.parametrize("what", ["statement", "loop", "swallowed", "never"])
def test_whatever_a_step_is_at_the_process_ends_in_time(small_demo, small_demo_done, tmp_path, what):
    folder = tmp_path / "project"
    shutil.copytree(small_demo, folder)
    code, seconds, said = stop([sys.executable, "-c", STUCK, str(folder), what], "at it", signal.SIGTERM)
    assert code == 143, said
    assert seconds < ALLOWED_SECONDS
    # Ended hard, a process leaves the log of its database, which the next opening reads.
    log = {"warehouse.duckdb.wal"} if what == "never" else set()
    assert set(litter(folder)) <= log
    assert last_line(folder)["exit_code"] == 143
    run_project(folder)
    for name in TABLES:
        assert snapshot(folder / name) == snapshot(small_demo_done / name)


def test_a_signal_that_is_ignored_stays_ignored(small_demo, small_demo_done, tmp_path):
    folder = tmp_path / "project"
    shutil.copytree(small_demo, folder)
    shell = ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh", *COMMAND, str(folder)]
    code, _, said = stop(shell, "rotating", signal.SIGHUP)
    assert code == 0, said
    assert snapshot(folder / TABLES[0]) == snapshot(small_demo_done / TABLES[0])
