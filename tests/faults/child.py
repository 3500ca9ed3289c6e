"""A run in a process of its own that begins at once: a server that has imported everything forks it."""

from __future__ import annotations

from multiprocessing import get_context
from pathlib import Path

import great_expectations  # noqa: F401 - imported by a run when it needs it; here beforehand

from rr_pipeline.config import load_project
from rr_pipeline.pipeline.run import run

SERVER = get_context("forkserver")


def run_once(folder: str) -> None:
    """One run of the project; whatever goes wrong ends the process with another code than 0."""
    run(load_project(Path(folder)))


def start(folder: Path):
    """Begin a run of the project in a process of its own."""
    SERVER.set_forkserver_preload([__name__])
    process = SERVER.Process(target=run_once, args=(str(folder),))
    process.start()
    return process
