"""Who holds a project, who waits for whom, and who does not."""

import subprocess
import sys
import threading
import time
from contextlib import ExitStack

import pytest

from rr_pipeline.errors import LockedError
from rr_pipeline.lock import LOCK_FILE, WATCH, project_lock


def held(folder, what):
    """The lock, held until the stack is closed."""
    stack = ExitStack()
    stack.enter_context(project_lock(folder, what))
    return stack


def enter(folder, **options):
    begun = time.monotonic()
    with project_lock(folder, "test", **options):
        return time.monotonic() - begun


def test_a_run_is_not_waited_for(tmp_path):
    with held(tmp_path, "rr-pipeline backfill"):
        begun = time.monotonic()
        with pytest.raises(LockedError, match=r"in use by process \d+ \(rr-pipeline backfill\)"):
            enter(tmp_path)
        assert time.monotonic() - begun < 1


def test_a_watch_is_waited_for_because_its_runs_are_short(tmp_path):
    stack = held(tmp_path, WATCH)
    threading.Timer(0.5, stack.close).start()
    assert 0.2 < enter(tmp_path) < 8


def test_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr("rr_pipeline.lock._TRIES", 4)
    with held(tmp_path, WATCH), pytest.raises(LockedError, match=r"\(rr-pipeline watch\)"):
        enter(tmp_path)


def test_a_holder_that_has_not_said_its_name_gets_a_moment(tmp_path):
    with held(tmp_path, "run"):
        (tmp_path / LOCK_FILE).write_text("")
        with pytest.raises(LockedError, match="another process"):
            enter(tmp_path)
    assert (tmp_path / LOCK_FILE).read_text() == ""


def test_who_wants_to_wait_is_asked_each_time(tmp_path):
    stack, told = held(tmp_path, "rr-pipeline backup"), []

    def wait(error):
        told.append(str(error))
        if len(told) == 3:
            stack.close()

    enter(tmp_path, when_taken=wait)
    assert len(told) == 3
    assert "rr-pipeline backup" in told[0]


def test_the_lock_of_a_process_that_was_killed_is_free(tmp_path):
    code = (
        "import sys, time; from pathlib import Path; from rr_pipeline.lock import project_lock\n"
        "with project_lock(Path(sys.argv[1]), 'run'):\n    print('held', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {other.pid}"):
            enter(tmp_path)
        other.kill()
        other.wait()
    assert enter(tmp_path) < 1
