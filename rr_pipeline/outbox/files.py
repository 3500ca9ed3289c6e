"""Messages to and from files: CSV for people and importers, JSON Lines for programs, and marks without a sink of ours.

A cell of a CSV file that a spreadsheet could take for a formula gets an apostrophe in front; an importer that wants the
plain value reads JSON Lines.
"""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from rr_pipeline.config import Project
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.outbox.journal import Delivery, open_journal
from rr_pipeline.outbox.messages import BATCH, Wanted, open_messages, read_messages, refuse_unknown

FORMATS = ("csv", "jsonl")
COLUMNS = (
    "message_id", "kind", "created_at", "source", "item_id", "object_type", "pool_id", "recipient_id", "owner_id",
    "previous_owner_id", "queue_id", "reason", "outcome", "target", "due_at",
)  # fmt: skip
"""Columns of a CSV export: what the payload says."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def export_messages(project: Project, form: str, output: Path, wanted: Wanted) -> int:
    """Write messages to a file, whole or not at all; return how many. Marks nothing.

    Raises RefusedError for an unknown format or a folder that does not exist.
    """
    if form not in FORMATS:
        raise RefusedError(Problem("-", None, "--format", "VALUE_UNKNOWN", f"write one of {', '.join(FORMATS)}"))
    if not output.parent.is_dir():
        raise RefusedError(Problem(output.name, None, "--output", "FOLDER_MISSING", "there is no folder for it"))
    _refuse_foreign(output)
    fresh = output.with_name(f".{output.name}.part")
    try:
        with open_messages(project) as con, open(fresh, "w", encoding="utf-8", newline="", opener=_private) as file:
            count = _WRITERS[form](file, read_messages(con, wanted))
            file.flush()
            os.fsync(file.fileno())
        if output.exists():
            fresh.chmod(stat.S_IMODE(output.stat().st_mode))
        os.replace(fresh, output)
    finally:
        with suppress(FileNotFoundError):
            fresh.unlink()
    return count


def _private(path: str, flags: int) -> int:
    # Who has what: its owner's, until they decide otherwise. A file that is replaced keeps its mode.
    Path(path).unlink(missing_ok=True)
    return os.open(path, flags | os.O_EXCL, 0o600)


def _refuse_foreign(output: Path) -> None:
    """Raise RefusedError (OUTPUT_FOREIGN) where a database would be replaced, or something that is no file."""
    if not os.path.lexists(output):
        return
    if output.is_file() and not output.is_symlink():
        with output.open("rb") as file:
            if file.read(12)[8:] != b"DUCK":
                return
    raise RefusedError(
        Problem(
            output.name,
            None,
            "--output",
            "OUTPUT_FOREIGN",
            "a database, folder or link bears that name, and would be lost. Nothing was changed: give another name.",
        )
    )


def _write_csv(file: IO[str], messages: Iterable[dict[str, Any]]) -> int:
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    count = 0
    for message in messages:
        payload = json.loads(message["payload"])
        writer.writerow([safe_cell(payload[name]) for name in COLUMNS])
        count += 1
    return count


def _write_jsonl(file: IO[str], messages: Iterable[dict[str, Any]]) -> int:
    count = 0
    for message in messages:
        file.write(message["payload"] + "\n")
        count += 1
    return count


_WRITERS = {"csv": _write_csv, "jsonl": _write_jsonl}


def exported_ids(path: Path) -> list[str]:
    """Ids of the messages in an exported file of either format. Raises RefusedError (EXPORT_INVALID)."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            first = file.read(1)
            file.seek(0)
            # Of no messages a file of JSON Lines is empty; one of CSV still has its header.
            ids = [json.loads(line)["message_id"] for line in file] if first in ("", "{") else _ids_of_csv(file)
    except (ValueError, KeyError, TypeError, csv.Error):
        ids = [None]
    if not all(isinstance(one, str) for one in ids):
        raise RefusedError(
            Problem(
                path.name,
                None,
                "message_id",
                "EXPORT_INVALID",
                "this is not a file that `rr-pipeline outbox export` wrote; nothing was marked.",
            )
        )
    return list(dict.fromkeys(ids))


def _ids_of_csv(file: IO[str]) -> list[Any]:
    reader = csv.DictReader(file, strict=True)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise KeyError(COLUMNS[0])
    return [row["message_id"] for row in reader]


def mark_messages(project: Project, message_ids: list[str] | None, wanted: Wanted) -> int:
    """Note messages as delivered to ``wanted.sink`` without sending; return how many were not before.

    ``message_ids`` None: all that are wanted and pending. Raises RefusedError (MESSAGE_UNKNOWN) for an id that is not
    in the outbox; then nothing is noted.
    """
    sink = wanted.sink or "manual"
    wanted = Wanted(wanted.kinds, sink, is_pending=True, with_failed=True)
    with open_journal(project.folder, "rr-pipeline outbox mark") as journal, open_messages(project) as con:
        if message_ids is not None:
            refuse_unknown(con, message_ids)
        chosen = None if message_ids is None else frozenset(message_ids)
        ids = [one["message_id"] for one in read_messages(con, wanted) if chosen is None or one["message_id"] in chosen]
        for first in range(0, len(ids), BATCH):
            journal.note(Delivery(one, sink, "delivered") for one in ids[first : first + BATCH])
    return len(ids)
