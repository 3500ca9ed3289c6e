"""Sending the outbox beside runs: a receiver that is slow, or down, holds nothing up.

Belongs here: one go at a time, in a thread of its own, and when the next one is due. Does not belong here: what is sent
and what an answer means (outbox/).

What is pending is read from the published copy in the main thread, between two runs; the thread posts it, and notes
each message in the journal before the next one is sent. As long as all gets through and nobody else runs or sends, only
what is new is read: a year of messages costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rr_pipeline.config import Project
from rr_pipeline.errors import RunError
from rr_pipeline.lock import WATCH
from rr_pipeline.outbox.journal import open_journal
from rr_pipeline.outbox.messages import Wanted, read_pending
from rr_pipeline.outbox.send import SendReport, post_all, undelivered
from rr_pipeline.outbox.webhook import Endpoint
from rr_pipeline.watch.told import Sent

FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0
"""Seconds between two goes when not all got through; each pause is twice the one before."""


NEVER = float("inf")


class _EndedError(Exception):
    """The watch ends: what has not gone out by now goes out when it is started again."""


class Sending:
    """Goes of one sink. ``call`` is called, from another thread, when a go has ended."""

    def __init__(self, endpoint: Endpoint, wanted: Wanted, call: Callable[[], None]) -> None:
        self._sink = wanted.sink or "webhook"
        self._endpoint, self._wanted, self._call = endpoint, replace(wanted, sink=self._sink), call
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._done: Sent | None = None
        self._is_asked = False
        self._pause, self._retry_at = FIRST_PAUSE, NEVER
        self._read_up_to: str | None = None
        self._journal_mark: tuple[int, int] | None = None

    def ask(self, *, is_all: bool = False) -> None:
        """There may be new messages; with ``is_all`` also from others than the last run."""
        self._is_asked = True
        if is_all:
            self._read_up_to = None

    def due_at(self) -> float:
        """When to call ``step`` at the latest."""
        return self._retry_at

    def step(self, project: Project, now: float) -> Sent | None:
        """Begin a go if one is due and none is under way; return what came of the last one, once."""
        told, self._done = self._done, None
        if told is not None:
            self._thread = None
            self._settle(told, now)
        # Whoever is down, or asks for time, is left alone until then.
        is_due = now >= self._retry_at if self._retry_at < NEVER else self._is_asked
        if self._thread is None and is_due:
            self._is_asked, self._retry_at = False, NEVER
            return self._begin(project, now) or told
        return told

    def end(self, seconds: float) -> None:
        """Let the message that is on its way arrive, at most so long; no other follows."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join(seconds)

    def _settle(self, told: Sent, now: float) -> None:
        report = told.report
        if report is not None and not (report.deferred or report.waiting):
            self._pause = FIRST_PAUSE
        else:
            self._read_up_to = None
            self._retry_at, self._pause = now + self._pause, min(2 * self._pause, LONGEST_PAUSE)

    def _begin(self, project: Project, now: float) -> Sent | None:
        try:
            pending = read_pending(project, self._wanted, self._read_up_to)
        except RunError as error:
            told = Sent(None, 0.0, error)
            self._settle(told, now)
            return told
        self._read_up_to = pending.run_id
        if pending.messages:
            arguments = (project, pending.messages)
            self._thread = threading.Thread(target=self._go, args=arguments, name="rr-pipeline-outbox", daemon=True)
            self._thread.start()
        return None

    def _go(self, project: Project, messages: list[dict[str, Any]]) -> None:
        begun = time.monotonic()
        report, error = None, None
        try:
            report = self._post(project, messages)
        except _EndedError:
            return
        except RunError as known:
            error = known
        except Exception as unknown:
            # The text of a library's error may quote what was sent.
            error = RunError(f"the outbox could not be sent: {type(unknown).__name__}")
        self._done = Sent(report, time.monotonic() - begun, error)
        self._call()

    def _post(self, project: Project, messages: list[dict[str, Any]]) -> SendReport:
        with open_journal(project.folder, WATCH) as journal:
            if journal.mark != self._journal_mark:
                # Somebody else has sent or marked some; at the start, everything that was ever sent is news.
                messages = undelivered(project, self._wanted, messages)
            self._journal_mark = None
            total = len(messages)
            report = post_all(self._endpoint, self._sink, messages, total, journal, self._sleep, self._between)
            self._journal_mark = journal.mark
            return report

    def _sleep(self, seconds: float) -> None:
        if self._ending.wait(seconds):
            raise _EndedError

    def _between(self, _what: str, _done: int, _of: int | None) -> None:
        if self._ending.is_set():
            raise _EndedError
