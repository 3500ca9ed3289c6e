"""How a run has left the file of the warehouse, so that the next one need not look whether its end is missing.

Belongs here: the note of it. Does not belong here: looking (connection.py). Nothing depends on the note: without it, or
where anything has touched the file since, every block is looked for.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

LEFT_FILE = ".rr_left.json"


def _marks(path: Path) -> list[int]:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def note_left(path: Path) -> None:
    """Note how the file is now that it was closed; where the note cannot be written, there is none."""
    note = path.with_name(LEFT_FILE)
    fresh = note.with_name(f"{LEFT_FILE}.new")
    with suppress(OSError):
        fresh.write_text(json.dumps({path.name: _marks(path)}), encoding="utf-8")
        os.replace(fresh, note)


def is_as_left(path: Path) -> bool:
    """Whether nobody has touched the file since it was noted."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        note = json.loads(path.with_name(LEFT_FILE).read_text(encoding="utf-8"))
        return bool(note[path.name] == _marks(path))
    return False
