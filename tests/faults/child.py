"""A run in a process of its own that begins at once: a server that has imported everything forks it."""

from __future__ import annotations

import os
from multiprocessing import get_context
from pathlib import Path

import great_expectations  # noqa: F401 - imported by a run when it needs it; here beforehand

from rr_pipeline.config import load_project
from rr_pipeline.runs import run as module
from rr_pipeline.runs.run import run
from rr_pipeline.session.session import Session

SERVER = get_context("forkserver")
VANISHED = 9
"""Exit code of a process that ended as if killed, at the very instant that was asked for."""


def run_once(folder: str) -> None:
    """One run of the project; whatever goes wrong ends the process with another code than 0."""
    run(load_project(Path(folder)))


def vanish_after(folder: str, what: str) -> None:
    """One run of the project that ends as if killed, right after its commit or its publishing."""
    owner, name = {"commit": (Session, "commit"), "publish": (module, "publish")}[what]
    original = getattr(owner, name)

    def and_vanish(*arguments: object, **more: object) -> None:
        original(*arguments, **more)
        os._exit(VANISHED)

    setattr(owner, name, and_vanish)
    run_once(folder)


def start(folder: Path, target=run_once, *arguments: str):
    """Begin a run of the project in a process of its own."""
    SERVER.set_forkserver_preload([__name__])
    process = SERVER.Process(target=target, args=(str(folder), *arguments))
    process.start()
    return process
