"""One writer at a time: an advisory lock on the project folder that names its holder.

DuckDB itself lets one process in; this lock is taken before anything is read, so that the second run can say who
the first one is, and it is released by the operating system when its process ends, however it ends.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rr_pipeline.errors import LockedError

LOCK_FILE = ".rr_pipeline.lock"


def _holder(text: str) -> str:
    try:
        holder = json.loads(text)
        return f"process {int(holder['pid'])} ({holder['what']})"
    except (ValueError, KeyError, TypeError):
        return "another process"


@contextmanager
def project_lock(folder: Path, what: str, file: str = LOCK_FILE) -> Iterator[None]:
    """Hold the project for the length of the block; raise LockedError naming the holder when it is taken.

    Another ``file`` is a lock of its own, for what may go on beside a run.
    """
    path = folder / file
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = _holder(os.pread(descriptor, 4096, 0).decode("utf-8", "replace"))
            raise LockedError(
                f"project {folder.name} is in use by {holder}. Wait until it has ended; nothing was changed."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "what": what}).encode(), 0)
        yield
        os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)
