"""Whether the config has changed, or what runs write has been changed by somebody else: told from marks alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from rr_pipeline.config import Project
from rr_pipeline.warehouse.published import MANIFEST_FILE
from rr_pipeline.watch.events import Mark, mark_of

SETTLE_SECONDS = 1.0
"""So long nobody must have changed anything, before the config is read again: people save files one by one."""

Marks = dict[str, Mark]


class ConfigFiles:
    """The files that config is read from, as they were when it was read last."""

    def __init__(self, folder: Path, now: float) -> None:
        self._folder = folder
        self._read = self._seen = marks_of(_config_files(folder))
        self._seen_at = now

    def has_changed(self, now: float) -> bool:
        """Whether they have changed, and stayed so for a moment; then they count as read from now on."""
        found = marks_of(_config_files(self._folder))
        if found != self._seen:
            self._seen, self._seen_at = found, now
        if found == self._read or now - self._seen_at < SETTLE_SECONDS:
            return False
        self._read = found
        return True

    def is_read(self) -> bool:
        """Whether they are as they were when they were read."""
        return marks_of(_config_files(self._folder)) == self._read


def _config_files(folder: Path) -> Iterator[Path]:
    for name in ("project.yaml", "sources.yaml", "exceptions.csv"):
        yield folder / name
    with suppress(OSError):
        yield from sorted((folder / "policies").iterdir())


def written_by_runs(project: Project) -> Marks:
    """Marks of what every run that changes something changes."""
    return marks_of((project.warehouse, project.published / MANIFEST_FILE))


def marks_of(files: Iterator[Path] | tuple[Path, ...]) -> Marks:
    """Marks of those files that are there, by path."""
    found = {}
    for path in files:
        with suppress(OSError):
            found[str(path)] = mark_of(path.stat())
    return found
