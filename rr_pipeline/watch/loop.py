"""The loop of a watch: look, run, send, wait.

Belongs here: when a run is due, and what follows from how one ended. Nothing here survives the process, and nothing has
to: what was decided and what was sent stands in the warehouse and in the journal, as after any run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from signal import Signals

from rr_pipeline.config import Project, load_project
from rr_pipeline.errors import Exit, LockedError, RunError, StoppedError
from rr_pipeline.lock import WATCH
from rr_pipeline.outbox.messages import Wanted
from rr_pipeline.outbox.webhook import Endpoint
from rr_pipeline.runs.run import preload, run
from rr_pipeline.session.results import RunReport
from rr_pipeline.watch.config_files import ConfigFiles, written_by_runs
from rr_pipeline.watch.events import Events
from rr_pipeline.watch.landing import SETTLE_SECONDS, Landing, Look
from rr_pipeline.watch.sending import Sending
from rr_pipeline.watch.told import Failed, Held, Open, Ran, Started, Stopped, Tell
from rr_pipeline.watch.wake import Wake, waking

CONFIG_SECONDS = 2.0
"""How often the config is looked at."""

PASSING = frozenset({Exit.LOCKED, Exit.RESOURCES})
"""Ends of a run that pass without a change of any file."""

FIRST_PAUSE, LONGEST_PAUSE, LONG_PAUSE = 1.0, 60.0, 600.0
"""Seconds to the next try after an end that passes (twice as long each time), and after one that does not."""

LOCK_SECONDS = 0.1
GAP_SECONDS = 0.15
"""How long the lock is free between two runs at least, however much has landed: others try to come in, too."""

GRACE_SECONDS = 3.0
"""How long a message that is on its way may take, once the watch is told to stop."""

NEVER = float("inf")


@dataclass(frozen=True)
class Ways:
    """How to watch. ``every``: seconds until the next run where time alone can give it something to do, nobody can tell
    when; and between two looks at the folder when nothing is told. ``endpoint``: where the outbox goes; None: nowhere.
    """

    is_polling: bool = False
    every: float = 60.0
    endpoint: Endpoint | None = None
    wanted: Wanted = field(default_factory=Wanted)


def watch(folder: Path, ways: Ways, tell: Tell) -> None:
    """Take up what lands in a project until a signal to stop comes; call it in the main thread.

    Raises RefusedError where the config is not in order at the start. Later on it is told, and so is every other
    RunError; any other error ends the watch, with everything rolled back.
    """
    with waking() as wake:
        watching = _Watch(load_project(folder), ways, tell, wake)
        preload()
        with watching.stopped_in_the_end():
            while not wake.is_told():
                watching.step()


class _Watch:
    """Times are seconds of a clock that never goes back."""

    def __init__(self, project: Project, ways: Ways, tell: Tell, wake: Wake) -> None:
        now = time.monotonic()
        self._project, self._ways, self._tell, self._wake = project, ways, tell, wake
        self._config = ConfigFiles(project.folder, now)
        self._is_broken = False
        self._landing = Landing(project.landing, project.sources, time.monotonic)
        self._events: Events | None = None
        self._sending = Sending(ways.endpoint, ways.wanted, wake.call) if ways.endpoint else None
        # What is there at the start has settled by the first run.
        self._look_at, self._run_at, self._listen_at = now, now + SETTLE_SECONDS, now
        self._failed: RunError | None = None
        self._pause = FIRST_PAUSE
        # By the clock on the wall: a machine that slept is late, not wrong.
        self._next_at: datetime | None = None
        self._written = written_by_runs(project)
        self._new: set[str] = set()
        self._told_open: set[str] = set()
        self._told_refused = ""
        self._told_mode: tuple[Path, bool] | None = None
        self._is_held = self._has_run = False
        self._ended = now - GAP_SECONDS
        self._listen(now)

    @contextmanager
    def stopped_in_the_end(self) -> Iterator[None]:
        """Give everything back at the end of the block, and say by which signal it came."""
        told: Signals | None = None
        try:
            yield
        except StoppedError as error:
            told = Signals(error.exit_code - 128)
        finally:
            if self._events is not None:
                self._events.end()
            if self._sending is not None:
                self._sending.end(GRACE_SECONDS)
        self._tell(Stopped((told or self._wake.signal or Signals.SIGTERM).name))

    def step(self) -> None:
        """Do what is due, then wait for what comes next."""
        now = time.monotonic()
        self._read_config(now)
        self._see_what_others_did(now)
        if self._next_at is not None and datetime.now(UTC) >= self._next_at:
            self._run_at = now
        if self._hear() or now >= self._look_at:
            self._look(now)
        elif now >= self._run_at:
            self._run()
        if self._sending is not None and (sent := self._sending.step(self._project, time.monotonic())):
            self._tell(sent)
        self._wait()

    def _wait(self) -> None:
        due = [self._look_at, self._run_at, time.monotonic() + CONFIG_SECONDS]
        if self._next_at is not None:
            due.append(time.monotonic() + (self._next_at - datetime.now(UTC)).total_seconds())
        if self._sending is not None:
            due.append(self._sending.due_at())
        self._wake.wait(min(due) - time.monotonic())

    def _listen(self, now: float) -> None:
        """Have the system tell of files; where it does not, the folder is looked at every second."""
        self._listen_at, why_not = now + self._ways.every, ""
        if self._events is not None:
            self._events.end()
            self._events = None
        if not self._ways.is_polling:
            try:
                self._events = Events(self._project.landing, self._wake.call)
            except OSError as error:
                why_not = error.strerror or str(error)
        mode = (self._project.landing, self._events is not None)
        if mode != self._told_mode:
            self._told_mode = mode
            settings = self._project.settings
            self._tell(Started(settings.name, settings.paths.landing, self._events is not None, why_not))

    def _hear(self) -> bool:
        """Take note of what the system told; whether the folder must be looked at."""
        if self._events is None:
            return False
        news = self._events.take()
        if any(one.kind == "folder" for one in news):
            with suppress(OSError):
                self._events.begin_again()
        if any(one.kind == "created" for one in news):
            # A link is whole at once, and nobody opens it: only looking tells.
            self._look_at = min(self._look_at, time.monotonic() + SETTLE_SECONDS)
        return self._landing.hear(news)

    def _read_config(self, now: float) -> None:
        if not self._config.has_changed(now):
            return
        before = self._project
        try:
            self._project = load_project(before.folder)
        except RunError as error:
            self._is_broken, self._run_at = True, NEVER
            self._tell(Failed(error, None))
            return
        self._is_broken, self._failed, self._look_at, self._run_at = False, None, now, now
        self._landing.sources = self._project.sources
        if self._project.landing != before.landing:
            self._landing = Landing(self._project.landing, self._project.sources, time.monotonic)
            self._listen(now)

    def _see_what_others_did(self, now: float) -> None:
        written = written_by_runs(self._project)
        if written == self._written:
            return
        self._written = written
        if not self._is_broken:
            # After a run of somebody else the next instant is another one; after a restore what was refused may pass.
            self._run_at = min(self._run_at, now if self._failed else now + self._ways.every)
        if self._sending is not None:
            self._sending.ask(is_all=True)

    def _look(self, now: float) -> None:
        is_deaf = self._events is not None and not self._events.is_working()
        if is_deaf or (self._events is None and not self._ways.is_polling and now >= self._listen_at):
            self._listen(now)
        try:
            look = self._landing.look()
        except RunError as error:
            self._look_at = now + self._ways.every
            self._fail(error)
            return
        took = time.monotonic() - now
        at_rest = self._ways.every if self._events is not None else max(SETTLE_SECONDS, 20 * took)
        self._look_at = now + (max(SETTLE_SECONDS, took) if look.is_unsettled else at_rest)
        self._tell_of_open(look)
        if now >= self._run_at or self._is_due():
            self._run()

    def _is_due(self) -> bool:
        if self._failed is None:
            return bool(self._landing.new())
        # What was refused may pass once a file is moved away; what passes by itself is tried again at its time.
        return self._failed.exit_code not in PASSING and self._landing.last.whole != self._landing.taken

    def _run(self) -> None:
        if self._is_broken or self._wake.is_told():
            return
        time.sleep(max(0.0, self._ended + GAP_SECONDS - time.monotonic()))
        self._is_held, self._next_at, begun = False, None, time.monotonic()
        try:
            report = run(self._project, what=WATCH, whole_files=self._take, when_taken=self._wait_for_others)
        except StoppedError:
            raise
        except RunError as error:
            self._fail(error)
        else:
            self._succeed(report, begun)
        self._ended = time.monotonic()
        self._written = written_by_runs(self._project)

    def _take(self) -> frozenset[str]:
        """Names of the files that are whole by now; what comes later is for the next run."""
        self._hear()
        self._landing.look()
        self._new |= self._landing.new()
        return self._landing.take()

    def _wait_for_others(self, error: LockedError) -> None:
        if not self._config.is_read():
            raise error
        if not self._is_held:
            self._is_held = True
            self._tell(Held(error))
        time.sleep(LOCK_SECONDS)

    def _succeed(self, report: RunReport, begun: float) -> None:
        now = time.monotonic()
        self._failed, self._pause = None, FIRST_PAUSE
        self._run_at, self._next_at = NEVER, report.next_at
        if report.next_at is not None and report.next_at <= datetime.now(UTC):
            # At some time, which nobody can tell.
            self._run_at, self._next_at = now + self._ways.every, None
        refused = "\n".join(map(str, report.problems))
        if report.run_id is not None or refused not in ("", self._told_refused):
            since = min((self._landing.since.get(name, begun) for name in self._new), default=begun)
            self._tell(Ran(tuple(sorted(self._new)), report, now - since))
        self._new.clear()
        self._told_refused = refused
        if self._sending is not None and (report.run_id is not None or not self._has_run):
            # The first time whatever an earlier process has left.
            self._sending.ask()
        self._has_run = True

    def _fail(self, error: RunError) -> None:
        self._new |= self._landing.new()
        self._landing.take()
        pause = LONG_PAUSE
        if error.exit_code in PASSING:
            pause, self._pause = self._pause, min(2 * self._pause, LONGEST_PAUSE)
        if self._failed is None or str(error) != str(self._failed):
            self._tell(Failed(error, pause))
        self._failed, self._run_at = error, time.monotonic() + pause

    def _tell_of_open(self, look: Look) -> None:
        long = {name: seconds for name, seconds in look.open.items() if seconds >= self._ways.every}
        for name in sorted(long.keys() - self._told_open):
            self._tell(Open(name, long[name]))
        self._told_open = set(long)
