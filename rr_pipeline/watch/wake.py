"""What ends a wait: a signal to stop, or another thread that has news.

Belongs here: the pipe both come through. Does not belong here: signals while a run is under way (session/stopping.py).

The operating system writes each signal's number to the pipe at once; a run puts a pipe of its own in its place, and
passes on what it reads there. So no signal is lost between two runs, nor at the end of one.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rr_pipeline.session.stopping import STOP_SIGNALS, leave_to_runs

_NEWS = b"\0"


class Wake:
    """``signal``: the first that came; None while there was none."""

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    @property
    def writer(self) -> int:
        """The descriptor that signals go to."""
        return self._writer

    def call(self) -> None:
        """End the wait, or the next one; from any thread."""
        with suppress(OSError):  # full: then a wake-up waits already
            os.write(self._writer, _NEWS)

    def wait(self, seconds: float) -> None:
        """Wait for news or a signal, at most so long."""
        if self.signal is None:
            select.select([self._reader], [], [], max(0.0, seconds))
        with suppress(BlockingIOError):
            while numbers := os.read(self._reader, 4096):
                told = [number for number in numbers if number in STOP_SIGNALS]
                if told and self.signal is None:
                    self.signal = signal.Signals(told[0])

    def is_told(self) -> bool:
        """Whether a signal has come by now."""
        self.wait(0)
        return self.signal is not None

    def close(self) -> None:
        """Give the pipe back."""
        os.close(self._reader)
        os.close(self._writer)


@contextmanager
def waking() -> Iterator[Wake]:
    """Hear signals for the length of the block; what is ignored (``nohup``) stays ignored. In the main thread only."""
    wake = Wake()
    earlier_pipe = signal.set_wakeup_fd(wake.writer, warn_on_full_buffer=False)
    defaults = (signal.SIG_DFL, signal.default_int_handler)
    taken = {number: handler for number in STOP_SIGNALS if (handler := signal.getsignal(number)) in defaults}
    for number in taken:
        signal.signal(number, leave_to_runs)
    try:
        yield wake
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(earlier_pipe)
        wake.close()
