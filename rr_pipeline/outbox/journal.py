"""The journal of deliveries: one JSON line for each message that a sink took, refused or could not be given.

A file of its own beside the warehouse, because it must outlive what runs do and must not be in anybody's way: a line is
on the disk before the next message is sent; readers never wait for a sender, nor a sender for a run or an analyst;
restating a period leaves it alone. It is the only place, with runs.log, where the wall clock is kept.
In DuckDB: ``from read_json('outbox_deliveries.jsonl')``.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.lock import open_own, project_lock

JOURNAL_FILE = "outbox_deliveries.jsonl"
LOCK_FILE = ".rr_outbox.lock"
STATUSES = ("delivered", "failed", "deferred")
"""Taken by the sink; refused by it (not sent again unless asked for); not got through (sent again next time)."""

DELIVERIES = pl.Schema(
    {
        "message_id": pl.String,
        "sink": pl.String,
        "status": pl.String,
        "attempt_count": pl.Int64,
        "answer": pl.String,
        "noted_at": pl.String,
        "delivered_at": pl.String,
    }
)


@dataclass(frozen=True)
class Delivery:
    """How it went with one message and one sink. ``answer``: an HTTP status or a word; never what was said."""

    message_id: str
    sink: str
    status: str
    attempt_count: int = 0
    answer: str | None = None


class Journal:
    """An open journal. Every ``note`` is on the disk when it returns."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @property
    def mark(self) -> tuple[int, int]:
        """Inode and size: as long as they stay, nobody has noted anything more."""
        found = os.fstat(self._descriptor)
        return found.st_ino, found.st_size

    def note(self, deliveries: Iterable[Delivery]) -> None:
        """Append one line for each."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        lines = [
            json.dumps(
                {
                    "message_id": one.message_id,
                    "sink": one.sink,
                    "status": one.status,
                    "attempt_count": one.attempt_count,
                    "answer": one.answer,
                    "noted_at": now,
                    "delivered_at": now if one.status == "delivered" else None,
                }
            )
            for one in deliveries
        ]
        if lines:
            _write_all(self._descriptor, ("\n".join(lines) + "\n").encode())
            os.fsync(self._descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def open_journal(folder: Path, what: str) -> Iterator[Journal]:
    """Open the journal of a project for writing; raises LockedError while another process has it.

    A line cut short by a crash is taken away first.
    """
    with project_lock(folder, what, LOCK_FILE):
        descriptor = open_own(folder / JOURNAL_FILE, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            os.ftruncate(descriptor, _whole_size(descriptor, size))
            yield Journal(descriptor)
        finally:
            os.close(descriptor)


def _whole_size(descriptor: int, size: int) -> int:
    step = 65536
    while size > 0:
        start = max(0, size - step)
        found = os.pread(descriptor, size - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def read_journal(folder: Path) -> pl.DataFrame:
    """Return how it stands with each message and sink: its last line, with the attempts of all its lines.

    Key (message_id, sink). A line that a sender is just writing is not seen. Raises RefusedError (JOURNAL_DAMAGED) when
    another line is not one of ours: what was delivered is then not known, and nothing may be sent.
    """
    try:
        content = (folder / JOURNAL_FILE).read_bytes()
    except FileNotFoundError:
        return pl.DataFrame(schema=DELIVERIES)
    content = content[: content.rfind(b"\n") + 1]
    try:
        lines = pl.read_ndjson(io.BytesIO(content), schema=DELIVERIES)
    except pl.exceptions.ComputeError:
        raise _damaged(_bad_line(content)) from None
    odd = lines.select((pl.col("message_id").is_null() | ~pl.col("status").is_in(STATUSES)).arg_true()).to_series()
    if odd.len():
        raise _damaged(int(odd[0]) + 1)
    return lines.group_by("message_id", "sink", maintain_order=True).agg(
        pl.col("status").last(),
        pl.col("attempt_count").sum(),
        *(pl.col(name).last() for name in ("answer", "noted_at", "delivered_at")),
    )


def _bad_line(content: bytes) -> int:
    for number, line in enumerate(content.splitlines(), start=1):
        try:
            if not isinstance(json.loads(line)["message_id"], str):
                return number
        except (ValueError, KeyError, TypeError):
            return number
    return 1


def _damaged(line: int) -> RefusedError:
    return RefusedError(
        Problem(
            JOURNAL_FILE,
            line,
            None,
            "JOURNAL_DAMAGED",
            "this line is not one that was written here, so "
            "it is not known what was delivered. Fix or remove the line; nothing was sent.",
        )
    )
