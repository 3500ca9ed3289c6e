"""Projects that several test modules begin with: made once for all test processes, and copied by whoever changes one.

Belongs here: projects of more than one module. Does not belong here: what one module alone needs; that is a fixture of
its own there.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return the folder of that name, which the first of the test processes to come here makes."""
    base = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        base = base.parent  # a folder of all processes; each has its own below it
    folder, done = base / "finished" / name, base / "finished" / f"{name}.done"
    folder.parent.mkdir(exist_ok=True)
    with (folder.parent / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    return folder


@pytest.fixture(scope="session")
def small_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo of 800 items in three days, not run yet. Not to be changed."""
    from rr_pipeline.examples.demo import write_demo

    return made_once(tmp_path_factory, "demo", lambda folder: write_demo(folder, 800, 5, 3))


@pytest.fixture(scope="session")
def small_demo_done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after one run. Not to be changed."""
    from rr_pipeline.examples.demo import write_demo
    from tests.e2e.projects import run_project

    def make(folder: Path) -> None:
        write_demo(folder, 800, 5, 3)
        run_project(folder)

    return made_once(tmp_path_factory, "demo-done", make)
