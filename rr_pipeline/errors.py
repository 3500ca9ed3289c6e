"""How things go wrong: the message format, the exceptions of a run and their exit codes.

Belongs here: anything that every layer must raise or print in the same way. Does not belong here: the
rules that find a problem. No message may quote the value of a cell; give its length and keyed hash.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from signal import Signals


class Exit(IntEnum):
    """Exit codes of the command line, one for each way a run can end."""

    DONE = 0
    DEGRADED = 1
    REFUSED = 2
    INTERNAL = 70
    LOCKED = 73
    RESOURCES = 75
    INVARIANT = 78
    HUNG_UP = 129
    INTERRUPTED = 130
    TERMINATED = 143


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, said so that its reader can mend it.

    ``file`` is a name a user knows (relative to the project), ``row`` counts records from 1 (header not
    counted; in YAML it is the line), ``field`` names the column or the dotted path of the setting.
    """

    file: str
    row: int | None
    field: str | None
    code: str
    message: str

    def __str__(self) -> str:
        row = "-" if self.row is None else str(self.row)
        return f"file={self.file} row={row} field={self.field or '-'} code={self.code}: {self.message}"


class RunError(Exception):
    """A run that cannot go on. ``exit_code`` says how the command ends."""

    exit_code: Exit = Exit.INTERNAL

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join([message, *(str(problem) for problem in self.problems)]))


class RefusedError(RunError):
    """Input or configuration that must be mended first. Nothing has been written."""

    exit_code = Exit.REFUSED


class LockedError(RunError):
    """Another run holds the project; the message names it."""

    exit_code = Exit.LOCKED


class ResourceError(RunError):
    """Disk or memory ran out; everything was rolled back."""

    exit_code = Exit.RESOURCES


class InvariantError(RunError):
    """A rule that must always hold did not; everything was rolled back."""

    exit_code = Exit.INVARIANT


class StoppedError(RunError):
    """A signal stopped the run; everything not committed was rolled back. The exit code is 128 and its number."""

    def __init__(self, number: Signals) -> None:
        self.exit_code = Exit(128 + number)
        super().__init__(
            f"stopped by {number.name}; everything not committed was rolled back, and the next run takes it up again."
        )


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest known name, or an empty string when nothing is close."""
    matches = difflib.get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return f" Did you mean '{matches[0]}'?" if matches else ""
