"""How things go wrong: the message format, the exceptions of a run and their exit codes.

Belongs here: anything that every layer must raise or print in the same way. Does not belong here: the
rules that find a problem. No message may quote the value of a cell; give its length and keyed hash.
"""

from __future__ import annotations

import difflib
import re
import sys
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


_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Characters that steer a terminal, end a line or turn its direction, or that no encoding has; not tab and newline."""


def escaped(character: str) -> str:
    """A character as JSON and Python write it in ASCII: backslash, u and four hex digits; two of them where needed."""
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def visible(text: str, *, keep: str = "") -> str:
    """Return the text with characters that could hide or forge something escaped."""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in keep else escaped(found[0]), text)


def visible_line(text: str) -> str:
    """The same for a name that must stay within its line."""
    return visible(text).replace("\n", "\\u000a").replace("\t", "\\u0009")


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong, said so that its reader can fix it.

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
        file, field = visible_line(self.file), visible_line(self.field or "-")
        return f"file={file} row={row} field={field} code={self.code}: {visible(self.message)}"


WAY_OUT = """\
Nothing was written: the project stands where its last run left it. To go on (docs/operating.md, "After exit code 78"):
  1. Run `rr-pipeline backup`, and report the lines above with the version and the last line of runs.log.
  2. Run `rr-pipeline backfill --from DAY`, DAY being the first day that was decided: it works out the state again from
     the stored rows. Or go back to a backup from before the damage: `rr-pipeline restore --force --from FILE`.
     Then `rr-pipeline run`.
  3. If it ends in 78 again, a delivery causes it: move the newest files out of landing/, run, and put them back once
     a corrected version is installed."""
"""What to do after exit code 78."""


class RunError(Exception):
    """A run that cannot go on: what is said of it as a whole, each problem on a line of its own, and the way on.

    ``said`` is a sentence, or the one problem that is all there is to say. ``exit_code`` says how the command ends.
    """

    exit_code: Exit = Exit.INTERNAL

    def __init__(self, said: str | Problem, problems: Sequence[Problem] = (), advice: str = "") -> None:
        self.problems = (said, *problems) if isinstance(said, Problem) else tuple(problems)
        self.summary = "" if isinstance(said, Problem) else visible(said)
        self.advice = advice
        lines = [self.summary, *(str(problem) for problem in self.problems), advice]
        super().__init__("\n".join(line for line in lines if line))


class RefusedError(RunError):
    """Input or configuration that must be fixed first. Nothing has been written."""

    exit_code = Exit.REFUSED


class LockedError(RunError):
    """Another run holds the project; the message names it."""

    exit_code = Exit.LOCKED


class ResourceError(RunError):
    """Disk or memory ran out; everything was rolled back."""

    exit_code = Exit.RESOURCES


class InvariantError(RunError):
    """A rule that must always hold did not; everything was rolled back. The text ends with the way out."""

    exit_code = Exit.INVARIANT

    def __init__(self, said: str | Problem, problems: Sequence[Problem] = ()) -> None:
        super().__init__(said, problems, WAY_OUT)


class StoppedError(RunError):
    """A signal stopped the run; everything not committed was rolled back. The exit code is 128 and its number."""

    def __init__(self, number: Signals) -> None:
        self.exit_code = Exit(128 + number)
        super().__init__(
            f"stopped by {number.name}; everything not committed was rolled back, and the next run takes it up again."
        )


def closest(wrong: str, known: Iterable[str]) -> str | None:
    """The closest known name, or None when nothing is close."""
    matches = difflib.get_close_matches(wrong, sorted(known), n=1, cutoff=0.6)
    return matches[0] if matches else None


def nearest(wrong: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'x'?" for the closest known name, or an empty string when nothing is close."""
    match = closest(wrong, known)
    return f" Did you mean '{match}'?" if match else ""


def warn(message: str | Problem) -> None:
    """Say something that ends nothing but must be known, on stderr, where there is one."""
    try:
        print(f"warning: {message if isinstance(message, Problem) else visible(message)}", file=sys.stderr, flush=True)
    except (OSError, ValueError):
        # What is done stays done, whether or not anybody hears of it.
        return
