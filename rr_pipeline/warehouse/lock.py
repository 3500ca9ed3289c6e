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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rr_pipeline.errors import LockedError, Problem, RefusedError

LOCK_FILE = ".rr_pipeline.lock"

WhenTaken = Callable[[LockedError], None]
"""Called while another process holds the project: it waits a little for the next try, or raises the error."""


def give_up(error: LockedError) -> None:
    """Wait for nobody."""
    raise error


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {int(holder['pid'])} ({holder['what']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


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
def project_lock(folder: Path, what: str, file: str = LOCK_FILE, *, when_taken: WhenTaken = give_up) -> Iterator[None]:
    """Hold the project for the length of the block; raise LockedError naming the holder when it is taken.

    Another ``file`` is a lock of its own, for what may go on beside a run. ``when_taken`` may wait in place of raising.
    """
    path = folder / file
    descriptor = open_own(path, os.O_RDWR | os.O_CREAT)
    try:
        while _is_taken(descriptor):
            holder = _holder(os.pread(descriptor, 4096, 0).decode("utf-8", "replace"))
            when_taken(
                LockedError(
                    f"project {folder.name} is in use by {holder}. Wait until it has ended; nothing was changed."
                )
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
