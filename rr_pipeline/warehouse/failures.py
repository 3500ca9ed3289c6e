"""What an error of the database engine means for a run: a damaged file, another process, or a machine that lacks room.

Belongs here: telling them apart by how their text begins; further on it may quote a cell. Does not belong here: errors
of one file that was delivered.
"""

from __future__ import annotations

import errno
from pathlib import Path

import duckdb

from rr_pipeline.errors import Problem, RefusedError, ResourceError, RunError

SPILL_FOLDER = ".rr_spill"
"""Folder of a project where the engine puts what does not fit into its memory, for the length of a run."""

SCRATCH_FOLDER = ".rr_ingest"
"""Beside the warehouse: what readers write down while they read a file."""


def is_locked(error: duckdb.Error) -> bool:
    """Whether the engine failed because the file is open in another process, or elsewhere in this one."""
    said = str(error).lower()
    # In a notebook, say: such files are in order, and nobody must be told to restore them.
    is_open_here = (isinstance(error, duckdb.ConnectionException) and "different configuration" in said) or (
        isinstance(error, duckdb.BinderException) and "unique file handle conflict" in said
    )
    # "lock" alone is in "block" too.
    return is_open_here or (isinstance(error, duckdb.IOException) and "could not set lock" in said)


def is_damage(error: duckdb.Error, path: Path | None = None) -> bool:
    """Whether the engine failed because a database file (``path``: or this one is cut) is not what was written."""
    said = str(error)[:60].lower()
    is_cut = path is not None and "could not read enough bytes" in said and str(path) in str(error)
    return not isinstance(error, duckdb.DataError) and ("corrupt database file" in said or is_cut)


def damaged(path: Path) -> RefusedError:
    """The refusal of a database file that cannot be read."""
    return RefusedError(
        Problem(
            path.name,
            None,
            None,
            "WAREHOUSE_DAMAGED",
            "the warehouse cannot be read. It was left as it is, "
            "with its write-ahead log. `rr-pipeline restore` sets it aside and puts the newest backup in its place; "
            "do not delete the log.",
        )
    )


ROLLED_BACK = "everything was rolled back"


def lacking(error: BaseException, doing: str = "", so: str = ROLLED_BACK) -> ResourceError | None:
    """What the machine lacked for the engine to go on, said with what to do; None where the error is of another kind.

    ``error`` may be one of SQLAlchemy around the engine's own. ``doing`` says what was under way, ``so`` what has
    become of what was done.
    """
    cause = getattr(error, "orig", None) or error
    at = f" ({doing})" if doing else ""
    if isinstance(cause, duckdb.OutOfMemoryException | MemoryError):
        if "failed to offload" in str(cause)[:60].lower():
            return ResourceError(
                f"the disk is full: {SPILL_FOLDER}/ in the project has no room for what does not fit into memory{at}; "
                f"{so}. Free space there, or raise engine.memory_limit, and run again."
            )
        return ResourceError(f"memory ran out{at}; {so}. Raise engine.memory_limit.")
    # A commit that finds no room fails as a transaction.
    is_full = isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT)
    if isinstance(cause, duckdb.IOException | duckdb.TransactionException) and "space" in str(cause).lower():
        is_full = True
    if is_full:
        return ResourceError(f"the disk is full{at}; {so}. Free some space, run again.")
    return None


def plainly(error: BaseException, path: Path, so: str = ROLLED_BACK) -> RunError | None:
    """The error of a run for an engine's error that is no fault of ours; ``path`` is the warehouse, ``so`` as above."""
    if isinstance(error, duckdb.Error) and is_damage(error, path):
        return damaged(path)
    return lacking(error, so=so)
