"""runs.log: one JSON line for every run, whatever became of it. The only place where the wall clock is kept."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from rr_pipeline.errors import Exit, Problem, RunError, warn

LOG_FILE = "runs.log"


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
