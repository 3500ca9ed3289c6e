"""What an ingest hands back: one report a file, and the words that files and rows are refused with.

Belongs here: frozen results and the exception that refuses one file. Does not belong here: finding problems.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from rr_pipeline.errors import Problem

FileStatus = Literal["loaded", "known", "refused", "empty"]

Progress = Callable[[str, int, int], None]
"""Called with (file name, bytes done, bytes in all) while files are read."""


def _nothing() -> None:
    """Remember nothing."""


class FileRefusedError(Exception):
    """One file cannot be taken; the others go on. Never leaves this package."""

    def __init__(self, code: str, message: str, *, row: int | None = None, field: str | None = None) -> None:
        self.code = code
        self.message = message
        self.row = row
        self.field = field
        super().__init__(f"{code}: {message}")

    def problem(self, file_name: str) -> Problem:
        """Return it as the one line a user reads."""
        return Problem(file_name, self.row, self.field, self.code, self.message)


@dataclass(frozen=True)
class FileReport:
    """How one delivered file ended.

    ``row_count`` counts physical records (header and blank lines are none), of which ``loaded_count`` are in raw and
    ``rejected_count`` in ops.quarantine. ``problems`` holds why a file was refused, warnings about an accepted one,
    and one summary for each code of rejected rows. ``file_id`` is None for known and refused files.
    """

    source: str
    file_name: str
    status: FileStatus
    row_count: int = 0
    loaded_count: int = 0
    rejected_count: int = 0
    problems: tuple[Problem, ...] = ()
    file_id: int | None = None
    ingest_batch: int | None = None


@dataclass(frozen=True, order=True)
class DriftEntry:
    """A column that a feed gained or lost with a file. Grain: source, file and column."""

    source: str
    file_id: int
    column_name: str
    change: Literal["added", "missing"]


@dataclass(frozen=True)
class IngestReport:
    """All files looked at by one run, in the order they were taken up.

    ``unmatched``: files below the landing folder that no source reads. ``problems``: what concerns no single file.
    ``remember``: keeps the sums of the files for the next run; called by whoever commits. ``later_count``: files left
    for a later ingest, because this one was bounded; ``waiting_count``: those whose instant the run has not reached;
    ``unfinished_count``: those that somebody is still writing.
    """

    files: tuple[FileReport, ...] = ()
    drift: tuple[DriftEntry, ...] = ()
    unmatched: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    remember: Callable[[], None] = field(default=_nothing, repr=False, compare=False)
    later_count: int = 0
    waiting_count: int = 0
    unfinished_count: int = 0

    @property
    def new_file_ids(self) -> tuple[int, ...]:
        """Ids of the files taken up by this run, ascending; empty files included."""
        return tuple(report.file_id for report in self.files if report.file_id is not None)

    @property
    def is_degraded(self) -> bool:
        """True when a file was refused or a row rejected."""
        return any(report.status == "refused" or report.rejected_count for report in self.files)
