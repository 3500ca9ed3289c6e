"""One writer at a time: an advisory lock on the project folder that names its holder.

DuckDB itself lets one process in; this lock is taken before anything is read, so that the second run can say who
the first one is, and it is released by the operating system when its process ends, however it ends.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rr_pipeline.errors import LockedError, Problem, RefusedError

LOCK_FILE = ".rr_pipeline.lock"

WATCH = "rr-pipeline watch"
"""What a watch says it is: it takes the lock again and again, for a moment each time."""

_PAUSE = 0.05
"""Seconds between two tries."""

_TRIES, _TRIES_UNNAMED = 600, 3
"""How often anybody tries to come in between two runs of a watch; and while a holder has not said its name yet."""

WhenTaken = Callable[[LockedError], None]
"""Called while another process holds the project: it waits a little for the next try, or raises the error."""


def _holder(text: str) -> tuple[str, str]:
    """Who holds the lock, in words, and what that does."""
    try:
        holder = json.loads(text)
        return f"process {int(holder['pid'])} ({holder['what']})", str(holder["what"])
    except (ValueError, KeyError, TypeError):
        return "another process", ""


def open_own(path: Path, flags: int) -> int:
    """Open a file that only we write to, never by a link: what that leads to would be written over.

    Raises RefusedError (FILE_FOREIGN) where something else than a file bears the name.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise
    else:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
    raise RefusedError(
        Problem(
            path.name,
            None,
            None,
            "FILE_FOREIGN",
            "a link, folder or pipe bears the name of a file that "
            "rr-pipeline writes itself. Remove it and run again; nothing was changed.",
        )
    )


def _is_taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    return False


@contextmanager
def project_lock(
    folder: Path, what: str, file: str = LOCK_FILE, *, when_taken: WhenTaken | None = None
) -> Iterator[None]:
    """Hold the project for the length of the block; raise LockedError naming the holder when it is taken.

    A watch is waited for, for half a minute: its runs are short. ``when_taken`` may wait for anybody, in place of
    raising. Another ``file`` is a lock of its own, for what may go on beside a run.
    """
    path = folder / file
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
    try:
        tries = 0
        while _is_taken(descriptor):
            holder, doing = _holder(os.pread(descriptor, 4096, 0).decode("utf-8", "replace"))
            error = LockedError(
                f"project {folder.name} is in use by {holder}. Wait until it has ended; nothing was changed."
            )
            tries += 1
            if when_taken is not None:
                when_taken(error)
            elif tries >= {WATCH: _TRIES, "": _TRIES_UNNAMED}.get(doing, 1):
                raise error
            else:
                threading.Event().wait(_PAUSE)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
