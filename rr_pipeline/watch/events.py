"""What the system tells of the landing folder, where it does: inotify, through watchdog.

Belongs here: which events count, and what each says of a file. Does not belong here: what follows from them
(landing.py). A writer's single writes are not asked for: only that a file was opened, closed, or given its name.
"""

from __future__ import annotations

import os
import queue
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Mark = tuple[int, int, int]
"""Size, time of change in nanoseconds and inode of a file: another mark, other bytes."""


Kind = Literal["created", "opened", "finished", "closed", "gone", "folder"]

_MEANING: dict[str, Kind] = {
    "created": "created",
    "opened": "opened",
    "closed": "finished",
    "closed_no_write": "closed",
    "moved": "finished",
}


@dataclass(frozen=True)
class News:
    """``at``: when, in seconds that never go back.

    ``finished``: closed after writing, or moved here; with its mark then. ``folder``: a folder came.

    ``opened``: somebody may be writing it; ``closed``: by somebody who only read it. ``created``: the name is new; who
    writes the file opens it next, but a link is whole and nobody opens it.
    """

    kind: Kind
    name: str
    at: float
    mark: Mark | None = None


def mark_of(found: os.stat_result) -> Mark:
    """The mark of a file."""
    return found.st_size, found.st_mtime_ns, found.st_ino


class _Handler:
    """What watchdog hands events to."""

    def __init__(self, dispatch: Callable[[Any], None]) -> None:
        self.dispatch = dispatch


class Events:
    """News of a folder and all below it, in a queue. ``call`` is called, from another thread, when there is some.

    Names are below the folder, with '/'. Nothing is told of hidden files. Raises OSError where the system does not
    tell, the folder is missing, or the system allows no more watches.
    """

    def __init__(self, root: Path, call: Callable[[], None]) -> None:
        if not sys.platform.startswith("linux"):
            raise OSError("this system does not tell when a file is closed")
        self._root, self._call = root, call
        self._news: queue.SimpleQueue[News] = queue.SimpleQueue()
        self._observer = self._begin()

    def _begin(self) -> Any:
        from watchdog import events
        from watchdog.observers.inotify import InotifyObserver

        counted = [
            events.FileOpenedEvent, events.FileClosedEvent, events.FileClosedNoWriteEvent, events.FileMovedEvent,
            events.FileCreatedEvent, events.FileDeletedEvent, events.DirCreatedEvent, events.DirMovedEvent,
            events.DirDeletedEvent,
        ]  # fmt: skip
        # All of them: of a file from elsewhere, too, it must be said that it was moved, and not just that it is there.
        observer = InotifyObserver(generate_full_events=True)
        observer.daemon = True
        observer.schedule(_Handler(self._take), str(self._root), recursive=True, event_filter=counted)
        observer.start()
        return observer

    def begin_again(self) -> None:
        """Watch every folder that is there by now; one that was moved here is not watched by itself."""
        self.end()
        self._observer = self._begin()

    def is_working(self) -> bool:
        """Whether it still tells: not after the folder itself was removed."""
        return self._observer.is_alive() and all(one.is_alive() for one in self._observer.emitters)

    def end(self) -> None:
        """Stop telling."""
        with suppress(RuntimeError, OSError):
            self._observer.stop()

    def take(self) -> list[News]:
        """All that has been told since the last time."""
        return [self._news.get_nowait() for _ in range(self._news.qsize())]

    def _take(self, event: Any) -> None:
        for one in self._read(event):
            self._news.put(one)
            # Readers open and close too, the run itself among them: that is no reason to look.
            if one.kind not in ("opened", "closed"):
                self._call()

    def _read(self, event: Any) -> list[News]:
        kind, source, target = event.event_type, self._name(event.src_path), self._name(event.dest_path)
        if event.is_directory:
            return [News("folder" if kind in ("created", "moved") else "gone", target or source, time.monotonic())]
        found = []
        if kind in ("deleted", "moved") and source:
            found.append(News("gone", source, time.monotonic()))
        name = target if kind == "moved" else source
        if name and kind in _MEANING:
            found.append(self._told(_MEANING[kind], name))
        return found

    def _told(self, kind: Kind, name: str) -> News:
        now = time.monotonic()
        try:
            return News(kind, name, now, mark_of((self._root / name).lstat()))
        except OSError:
            return News("gone", name, now)

    def _name(self, path: Any) -> str:
        """Its name below the folder; empty for what no source can read."""
        if not path:
            return ""
        name = os.path.relpath(os.fsdecode(path), self._root)
        return "" if any(part.startswith(".") for part in name.split(os.sep)) else name.replace(os.sep, "/")
