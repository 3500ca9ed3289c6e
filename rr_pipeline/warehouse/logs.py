"""Write-ahead logs beside database files: those that matter, and those that somebody has left beside a copy.

Belongs here: finding them, setting them aside, and whether a file is open for writing. Does not belong here: what a log
means for the warehouse, whose log is never touched (connection.py).

Whoever opens a published copy for writing leaves ``<name>.wal`` beside it until they close it, and for good when they
are killed. DuckDB plays such a log into whatever bears the name, or fails over it: a new copy would show what was never
decided, or could not be opened.
"""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from rr_pipeline.errors import Problem, warn

_ENDINGS = ("", ".checkpoint", ".recovery")
_ASIDE = ".aside-"


def logs_of(path: Path) -> list[Path]:
    """The write-ahead logs that stand beside a database file, which the next opening reads."""
    names = (f"{path.name}.wal{ending}" for ending in _ENDINGS)
    return [log for name in names if os.path.lexists(log := path.with_name(name))]


def free_names(path: Path) -> Iterator[Path]:
    """Names for setting a file aside, of which nothing bore one when it was given: ``<name>.aside-1`` and so on."""
    number = 1
    while True:
        place = path.with_name(f"{path.name}{_ASIDE}{number}")
        if not os.path.lexists(place):
            yield place
        number += 1


def set_logs_aside(path: Path) -> list[Path]:
    """Give the logs beside a copy names under which nobody reads them, and say so; return the names.

    Raises OSError where the folder cannot be written.
    """
    return [place for log in logs_of(path) if (place := _set_aside(log)) is not None]


def _set_aside(log: Path) -> Path | None:
    for place in free_names(log):
        try:
            # A link, and not a new name: it never takes the place of a log that somebody else sets aside just now.
            os.link(log, place, follow_symlinks=False)
        except FileExistsError:
            continue
        except FileNotFoundError:
            return None
        log.unlink(missing_ok=True)
        warn(
            Problem(
                log.name,
                None,
                None,
                "COPY_LOG",
                "another program opened the published copy for writing and left this log beside it; it was set aside "
                f"as {place.name}, and nothing reads it. Ask analysts to open the copy read-only.",
            )
        )
        return place
    return None


def tidy_logs(folder: Path, stem: str) -> None:
    """Set aside every log of copies ``<stem>*.duckdb`` in the folder that nobody has open for writing, or are gone."""
    for log in sorted(folder.glob(f"{stem}*.duckdb.wal*")):
        copy = log.with_name(log.name[: log.name.rindex(".wal")])
        if log in logs_of(copy) and not is_held(copy):
            set_logs_aside(copy)


def is_held(path: Path) -> bool:
    """Whether another process has the database file open for writing."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # The lock that DuckDB takes for reading: granted unless somebody writes.
        fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EAGAIN)
    finally:
        os.close(descriptor)
    return False
