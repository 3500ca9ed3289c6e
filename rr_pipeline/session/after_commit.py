"""What goes wrong after the commit: told as that, because nothing is rolled back any more.

Belongs here: the words. Does not belong here: publishing and backing up themselves.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from rr_pipeline.errors import ResourceError, RunError
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse import plainly

GOES_ON = "The next run, or `rr-pipeline publish`, goes on from there."


@contextmanager
def after_commit(session: Session) -> Iterator[None]:
    """Raise every error of the block as one that says what stands; its exit code stays."""
    try:
        yield
    except Exception as error:
        if session.stops.signal is not None:
            # What the signal interrupted says nothing.
            raise
        so = f"{session.committed} is committed" if session.committed else "nothing new was decided"
        known = _known(error, session, so)
        what = f"{so}, but not all that follows was done: {known.summary}".rstrip()
        told = RunError(what, known.problems, GOES_ON)
        told.exit_code = known.exit_code
        raise told from None


def _known(error: Exception, session: Session, so: str) -> RunError:
    if isinstance(error, RunError):
        return error
    if known := plainly(error, session.project.warehouse, so):
        return known
    if isinstance(error, OSError):
        return ResourceError(f"{error.strerror or type(error).__name__}: {_name(str(error.filename or ''))}")
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return RunError(f"internal error: {type(error).__name__} at {_name(frame.filename)}:{frame.lineno}")


def _name(path: str) -> str:
    return path.rpartition("/")[2]
