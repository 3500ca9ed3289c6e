"""A watch in this very process, driven by what it tells: real signals, real files, real runs."""

from __future__ import annotations

import json
import os
import signal
import threading
import time

from rr_pipeline.watch import Failed, Held, Open, Ran, Sent, Started, Stopped, Ways, watch

PATIENCE = 120.0
"""Seconds after which a scene that has not ended is stopped."""


class Scene:
    """Steps are called one after the other: each when the watch has told what it waits for.

    A step gets what was told. After the last one the watch gets SIGTERM.
    """

    def __init__(self, folder, *steps, ways=None):
        self.folder, self.steps, self.ways = folder, list(steps), ways or Ways()
        self.told = []

    def tell(self, told):
        self.told.append(told)
        if self.steps and isinstance(told, self.steps[0][0]):
            _, step = self.steps.pop(0)
            step(told)
            if not self.steps:
                stop()

    def play(self):
        """Watch until all steps were taken; returns all that was told."""
        timer = threading.Timer(PATIENCE, stop)
        timer.start()
        try:
            watch(self.folder, self.ways, self.tell)
        finally:
            timer.cancel()
        assert not self.steps, self.told
        return self.told

    def of(self, kind):
        return [told for told in self.told if isinstance(told, kind)]


def stop():
    os.kill(os.getpid(), signal.SIGTERM)


def later(seconds, action):
    """Do something from another thread, a little later."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()


def nothing(_told):
    pass


def log(folder):
    """The lines of runs.log."""
    path = folder / "runs.log"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_until(holds, seconds=PATIENCE):
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.02)


__all__ = ["Failed", "Held", "Open", "Ran", "Scene", "Sent", "Started", "Stopped", "Ways", "later", "log", "nothing",
           "stop", "wait_until"]  # fmt: skip
