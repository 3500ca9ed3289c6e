"""Opening a published copy for reading, whatever another program has left beside it.

Belongs here: connections that may touch nothing else on the machine, and what to say when a copy cannot be opened.
Does not belong here: making copies (published.py).
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from rr_pipeline.errors import LockedError, Problem, RefusedError, ResourceError, RunError
from rr_pipeline.warehouse.failures import is_damage, is_locked, lacking
from rr_pipeline.warehouse.logs import logs_of, set_logs_aside

ANALYST_SETTINGS: dict[str, str | bool] = {
    "enable_external_access": False,
    "autoload_known_extensions": False,
    "autoinstall_known_extensions": False,
    "allow_community_extensions": False,
    "python_enable_replacements": False,
}
"""A plain read-only connection may still read any file of the host and COPY to it; with these it may not."""

_PROCESS = re.compile(r"\(PID (\d+)\)")


def open_analyst(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a published copy read-only, unable to touch anything else on the machine.

    A log that another program has left beside it is set aside first. Raises RefusedError (NOTHING_PUBLISHED,
    COPY_DAMAGED, COPY_UNREADABLE), LockedError while somebody has the copy open for writing, ResourceError where the
    log cannot be set aside.
    """
    con, _ = _open(path)
    con.execute("set TimeZone = 'UTC'")
    con.execute("set lock_configuration = true")
    return con


def readable_copy(path: Path) -> Path:
    """The file to attach for reading a published copy, once it is sure that it can be; raises as ``open_analyst``."""
    con, file = _open(path)
    con.close()
    return file


def _open(path: Path) -> tuple[duckdb.DuckDBPyConnection, Path]:
    if not path.is_file():
        raise RefusedError(
            Problem(path.name, None, None, "NOTHING_PUBLISHED", "nothing is published yet: `rr-pipeline run` does.")
        )
    try:
        con = _connect(path)
    except duckdb.Error as error:
        # Held for writing, its log is its holder's. Otherwise the error may well be one of the log.
        if is_locked(error) or not logs_of(path):
            raise _not_opened(path, error) from None
    else:
        # Opened for reading, a log is played into memory only: the file is as it was.
        if not logs_of(path):
            return con, path
        con.close()
    file = _without_log(path)
    try:
        return _connect(file), file
    except duckdb.Error as error:
        raise _not_opened(file, error) from None


def _connect(path: Path) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(str(path), read_only=True, config=dict(ANALYST_SETTINGS))


def _without_log(path: Path) -> Path:
    """Set the logs of a copy aside; where that may not be done, another name of the same file without a log."""
    try:
        set_logs_aside(path)
    except OSError:
        for other in sorted(path.parent.glob(f"{path.stem}.*.duckdb")):
            if other.samefile(path) and not logs_of(other):
                return other
        raise ResourceError(
            Problem(
                path.name,
                None,
                None,
                "COPY_LOG",
                f"another program left {logs_of(path)[0].name} beside the published copy, and this user may not set "
                "it aside. Run `rr-pipeline publish` as the user of the runs.",
            )
        ) from None
    return path


def _not_opened(path: Path, error: duckdb.Error) -> RunError:
    if is_locked(error):
        found = _PROCESS.search(str(error))
        by = f"process {found[1]}" if found else "another program"
        return LockedError(
            Problem(
                path.name,
                None,
                None,
                "COPY_HELD",
                f"{by} has the published copy open for writing, and so nobody else can open it. Close it there, or "
                "open it read-only there. `rr-pipeline publish` puts a fresh copy in its place.",
            )
        )
    if not os.access(path, os.R_OK):
        unreadable = "the user of this process may not read it: fix its rights."
        return RefusedError(Problem(path.name, None, None, "COPY_UNREADABLE", unreadable))
    return _damaged(path.name)


def _damaged(name: str) -> RefusedError:
    return RefusedError(
        Problem(
            name, None, None, "COPY_DAMAGED", "the published copy cannot be read: `rr-pipeline publish` makes it again."
        )
    )


def read_error(error: BaseException) -> RunError | None:
    """What an error of the engine means that came while a copy was read; None where it is of another kind."""
    if isinstance(error, duckdb.Error) and (is_damage(error) or "could not read enough bytes" in str(error)[:60]):
        return _damaged("published")
    return lacking(error)
