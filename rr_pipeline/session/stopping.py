"""Being told to stop: SIGTERM, SIGINT and SIGHUP end a run in order, and within seconds.

Belongs here: signals, and how they reach work that Python cannot interrupt. Does not belong here: what is taken back
(session.py).

A handler of Python runs in the main thread, and only between two of its instructions: not while the database commits
or sorts. So the operating system also writes each signal's number to a pipe; a thread reads it there, interrupts the
database's statements, and ends the process itself where nothing else did in time.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import duckdb

from rr_pipeline.errors import StoppedError

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 3.5
"""How long a run may take to roll back before its process ends without it; the next run finds the same either way."""

_INTERRUPT_EVERY = 0.3
_CONTEXTLIB = contextlib.__file__


def leave_to_runs(_number: int, _frame: FrameType | None) -> None:
    """A handler for whoever performs one run after the other, and reads signals from a pipe of its own in between.

    It does nothing, and a run takes its place while it lasts.
    """


_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler, leave_to_runs)


class Stop(BaseException):
    """Raised in the main thread by a signal. No ``except Exception`` of a library takes it for a failed check."""


class Stops:
    """Whether a run has been told to stop. Without ``stoppable`` around it, it never is."""

    def __init__(self) -> None:
        self.signal: int | None = None
        self.ended = threading.Event()
        self._held = 0
        self._is_raised = False
        self._is_unwinding = False
        self._connections: list[duckdb.DuckDBPyConnection] = []

    def watch(self, con: duckdb.DuckDBPyConnection) -> None:
        """Interrupt the statements of this connection when told to stop."""
        self._connections.append(con)

    def check(self) -> None:
        """Raise Stop when told to stop: for the case that a library has swallowed it."""
        if self.signal is not None and not self._is_unwinding:
            self._is_raised = True
            raise Stop

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait until the block has ended: a commit is wholly done or not begun."""
        self.check()
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
        self.check()

    def unwind(self) -> None:
        """From here on all is being taken back: nothing is interrupted any more."""
        self._is_unwinding = True

    def error(self) -> StoppedError:
        """How a run ends that was told to stop."""
        return StoppedError(signal.Signals(self.signal or signal.SIGTERM))

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Note the signal, and raise Stop once."""
        self.signal = self.signal or number
        if not (self._held or self._is_raised or self._is_unwinding or _is_leaving(frame)):
            self._is_raised = True
            raise Stop

    def interrupt(self) -> None:
        """Interrupt whatever the database is doing, a commit excepted."""
        if not (self._held or self._is_unwinding):
            for con in self._connections:
                with suppress(duckdb.Error):
                    con.interrupt()


def _is_leaving(frame: FrameType | None) -> bool:
    # On its way out of a block an error (of an interrupted statement, mostly) is handed to the block's own end by a
    # function of contextlib. Raised in there, Stop would take its place, and the block would never hear of either.
    # Where no error is on its way, the next check raises.
    return frame is not None and frame.f_code.co_filename == _CONTEXTLIB


@contextmanager
def stoppable(when_overdue: Callable[[StoppedError], None]) -> Iterator[Stops]:
    """Hear signals for the length of the block.

    Handlers that somebody else has set stay (Dagster's raise on their own), and what is ignored stays ignored.
    ``when_overdue`` removes what must not be left when the process has to be ended without unwinding. Outside of the
    main thread nothing is heard.
    """
    stops = Stops()
    if threading.current_thread() is not threading.main_thread():
        yield stops
        return
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    os.set_blocking(reader, True)
    earlier_pipe = signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    earlier = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    taken = [number for number, handler in earlier.items() if handler in _DEFAULTS]
    for number in taken:
        signal.signal(number, stops.on_signal)
    arguments = (stops, reader, earlier_pipe, when_overdue)
    threading.Thread(target=_watch, args=arguments, name="rr-pipeline-signals", daemon=True).start()
    try:
        yield stops
    finally:
        stops.unwind()
        stops.ended.set()
        for number in taken:
            signal.signal(number, earlier[number])
        signal.set_wakeup_fd(earlier_pipe)
        os.close(writer)  # which ends the thread


def _watch(stops: Stops, reader: int, passed_on_to: int, when_overdue: Callable[[StoppedError], None]) -> None:
    while numbers := os.read(reader, 64):
        if passed_on_to >= 0:
            with suppress(OSError):
                os.write(passed_on_to, numbers)
        told = [number for number in numbers if number in STOP_SIGNALS]
        if told:
            stops.signal = stops.signal or told[0]
            _see_it_end(stops, when_overdue)
    os.close(reader)


def _see_it_end(stops: Stops, when_overdue: Callable[[StoppedError], None]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while True:
        stops.interrupt()
        if stops.ended.wait(_INTERRUPT_EVERY):
            return
        if time.monotonic() > deadline:
            error = stops.error()
            with suppress(Exception):
                when_overdue(error)
            os._exit(int(error.exit_code))
