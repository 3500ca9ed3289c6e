"""Which delivered files are whole, and which of them came since they were last taken up.

Belongs here: the rule. A file is whole once it was closed after writing, or got its name by a rename, and has not
changed since. Where the system does not tell that, or the file was there before anybody listened: once two looks, a
second apart, find the same size and time; one that somebody was seen to open waits until it is closed.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rr_pipeline.config import Source
from rr_pipeline.ingest import what_is_read
from rr_pipeline.watch.events import Mark, News, mark_of

SETTLE_SECONDS = 1.0
"""How far apart two looks are at least."""


@dataclass(frozen=True)
class Look:
    """What lies there: ``whole`` files by name, with their marks; ``unsettled``: another look will tell;
    ``open``: names of files that somebody writes, and for how many seconds by now.
    """

    whole: Mapping[str, Mark]
    is_unsettled: bool
    open: Mapping[str, float]


@dataclass
class Landing:
    """The files below a landing folder that sources read. ``clock``: seconds that never go back.

    ``taken``: what the last run was given; ``last``: what the last look found; ``since``: from when on a file was known
    to be whole.
    """

    root: Path
    sources: Sequence[Source]
    clock: Callable[[], float]
    taken: dict[str, Mark] = field(default_factory=dict)
    since: dict[str, float] = field(default_factory=dict)
    last: Look = Look({}, False, {})
    _finished: dict[str, Mark] = field(default_factory=dict)
    _opened: dict[str, float] = field(default_factory=dict)
    _seen: dict[str, tuple[Mark, float]] = field(default_factory=dict)

    def hear(self, news: Iterable[News]) -> bool:
        """Take note of what was told; whether a look is due at once."""
        is_due = False
        for one in news:
            is_due = is_due or one.kind in ("finished", "gone", "folder")
            if one.kind == "finished" and one.mark is not None:
                self._finished[one.name] = one.mark
                self.since[one.name] = one.at
            if one.kind == "opened":
                self._opened.setdefault(one.name, one.at)
            elif one.kind != "created":
                self._opened.pop(one.name, None)
        return is_due

    def look(self) -> Look:
        """Look at every file. Raises RefusedError (LANDING_UNREADABLE)."""
        now, whole, is_unsettled, seen = self.clock(), {}, False, {}
        found = what_is_read(self.root, self.sources)
        for name, status in found.items():
            mark = mark_of(status)
            if not stat.S_ISREG(status.st_mode) or self._finished.get(name) == mark:
                whole[name] = mark
            elif name not in self._opened:
                before, since = self._seen.get(name, (None, now))
                seen[name] = (mark, since if before == mark else now)
                if before == mark and now - since >= SETTLE_SECONDS:
                    whole[name] = mark
                    self.since.setdefault(name, now)
                else:
                    is_unsettled = True
        self._seen = seen
        self._finished = {name: mark for name, mark in self._finished.items() if name in found}
        self._opened = {name: since for name, since in self._opened.items() if name in found}
        self.since = {name: since for name, since in self.since.items() if name in whole}
        waiting = {name: now - since for name, since in self._opened.items() if name not in whole}
        self.last = Look(whole, is_unsettled, waiting)
        return self.last

    def new(self) -> set[str]:
        """Names of the files whole at the last look that no run was given, or not with these bytes."""
        return {name for name, mark in self.last.whole.items() if self.taken.get(name) != mark}

    def take(self) -> frozenset[str]:
        """Give a run what was whole at the last look."""
        self.taken = dict(self.last.whole)
        return frozenset(self.taken)
