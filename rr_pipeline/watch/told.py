"""What a watch tells whoever shows it: one frozen value a piece of news."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rr_pipeline.errors import RunError
from rr_pipeline.outbox.send import SendReport
from rr_pipeline.session.results import RunReport


@dataclass(frozen=True)
class Started:
    """It watches from now on. ``by_events``: the system tells of files; else it looks, and ``why_not`` may say why."""

    project: str
    landing: str
    by_events: bool
    why_not: str = ""


@dataclass(frozen=True)
class Ran:
    """A run took something up. ``files``: names below landing, of all that came since the run before.

    ``seconds``: from when the first of them was seen to be whole until all was published.
    """

    files: tuple[str, ...]
    report: RunReport
    seconds: float


@dataclass(frozen=True)
class Failed:
    """A run, or reading the config, ended in an error.

    ``next_try``: seconds until it is tried again whether or not a file changes; None: not before one does.
    """

    error: RunError
    next_try: float | None


@dataclass(frozen=True)
class Held:
    """Another process has the project; the watch goes on when that has ended."""

    error: RunError


@dataclass(frozen=True)
class Open:
    """A file that somebody has been writing for long; it is read once it is closed."""

    file: str
    seconds: float


@dataclass(frozen=True)
class Sent:
    """A go of the outbox ended: its report, or why there is none."""

    report: SendReport | None
    seconds: float
    error: RunError | None = None


@dataclass(frozen=True)
class Stopped:
    """The watch has ended, by a signal of this name."""

    signal: str


Told = Started | Ran | Failed | Held | Open | Sent | Stopped
Tell = Callable[[Told], None]
