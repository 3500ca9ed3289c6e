"""runs.log: one JSON line for every run, whatever became of it. The only place where the wall clock is kept."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rr_pipeline.errors import Exit, Problem, RunError, warn

LOG_FILE = "runs.log"
RUNS = frozenset({"rr-pipeline run", "rr-pipeline watch", "dagster"})
"""What the lines call runs that take up deliveries."""
_WENT_WELL = (Exit.DONE, Exit.DEGRADED)


def log_run(
    folder: Path,
    started: datetime,
    what: str,
    *,
    exit_code: Exit,
    run_id: str | None = None,
    as_of: datetime | None = None,
    codes: frozenset[str] = frozenset(),
) -> None:
    """Append the line of one run that has ended."""
    line = {
        "started_at": started.isoformat(timespec="milliseconds"),
        "seconds": round((datetime.now(UTC) - started).total_seconds(), 3),
        "what": what,
        "exit_code": int(exit_code),
        "run_id": run_id,
        "as_of": as_of.isoformat() if as_of else None,
        "codes": sorted(codes),
    }
    try:
        with open(folder / LOG_FILE, "a", encoding="utf-8", opener=_opened) as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:
        # How the run ended is told in any case; that no line could be written must not be told in its place.
        warn(
            Problem(
                LOG_FILE,
                None,
                None,
                "LOG_UNWRITABLE",
                f"{error.strerror}: what ended just now with exit code "
                f"{int(exit_code)} has no line there. What it did stands: fix {LOG_FILE}.",
            )
        )


def _opened(path: str, flags: int) -> int:
    # Nobody may have to read a pipe that stands there.
    return os.open(path, flags | os.O_NONBLOCK, 0o666)


def codes_of(error: BaseException) -> frozenset[str]:
    """Codes of the problems of an error, or the name of its kind."""
    known = error.problems if isinstance(error, RunError) else ()
    return frozenset(problem.code for problem in known) or frozenset({type(error).__name__})


def instants_of_runs(folder: Path, count: int) -> list[datetime]:
    """Return the ``as_of`` of the last ``count`` runs that went well, ascending; of an idle one when it began.

    Lines that are none are left out.
    """
    try:
        lines = (folder / LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found: list[datetime] = []
    for line in reversed(lines):
        if len(found) == count:
            break
        with suppress(ValueError, KeyError, TypeError):
            told = json.loads(line)
            if told["what"] in RUNS and told["exit_code"] in _WENT_WELL:
                found.append(datetime.fromisoformat(told["as_of"] or told["started_at"]))
    return sorted(found)
