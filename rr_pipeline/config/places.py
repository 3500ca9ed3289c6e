"""The places that project.yaml names: each its own, none where a file of ours lies, all of a kind that can be used.

Belongs here: names below the project folder, and what stands at them. Does not belong here: whether they may be written
to, which a run finds out (session/writable_places.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rr_pipeline.config.project import ProjectSettings

OWN_FILES = {
    "project.yaml": "the settings",
    "sources.yaml": "the sources",
    "policies": "the policies",
    "exceptions.csv": "the tokens",
    "runs.log": "the log of runs",
    "shadows": "the shadows of `simulate`",
    "outbox_deliveries.jsonl": "the journal of the outbox",
}
"""Names in a project folder that are taken, whatever project.yaml says. So is every name that begins with ``.rr_``."""

HIDDEN_PREFIX = ".rr_"
"""How names of locks and of what lies beside a run's work begin."""

WRITTEN_FILES = ("outbox_deliveries.jsonl", ".rr_pipeline.lock", ".rr_outbox.lock")
WRITTEN_FOLDERS = ("shadows", ".rr_spill")
PUBLISHED_FILES, PUBLISHED_FOLDERS = ("routing.duckdb", "manifest.json"), ("parquet",)
BESIDE_WAREHOUSE = ".rr_ingest"
"""What runs cannot do without writing, by the kind that it has. Without ``runs.log`` they go on, with a warning."""

LOG_ENDINGS = (".wal", ".wal.checkpoint", ".wal.recovery")
"""What the engine adds to the name of a database for its logs."""

MAX_NAME_BYTES, MAX_PATH_BYTES = 200, 3000
"""Most bytes of a name and of a path: the system takes 255 and 4096, and what is written beside has longer names."""


def check_places(folder: Path, settings: ProjectSettings) -> Iterator[tuple[str, str, str]]:
    """Yield (setting of ``paths``, code, message) for each place that cannot be used."""
    taken = dict(OWN_FILES)
    root = folder.resolve()
    for name, text in settings.paths:
        if problem := _too_long(folder, text):
            yield name, "PATH_TOO_LONG", problem
            continue
        if not (folder / text).resolve().is_relative_to(root):
            yield name, "PATH_OUTSIDE", "is a link that leads out of the project folder; remove it"
        elif owner := _owner(text, taken):
            yield name, "PATH_CLASH", f"is the place of {owner}, or one lies inside the other; give each its own place"
        elif problem := _other_kind(folder, text, is_file=name == "warehouse"):
            yield name, "PATH_KIND", problem
        taken[text] = f"paths.{name}"
        if name == "warehouse":
            taken |= {f"{text}{ending}": "the warehouse's log" for ending in LOG_ENDINGS}


def check_own_files(folder: Path, settings: ProjectSettings) -> Iterator[tuple[str, str, str]]:
    """Yield (file, code, message) for whatever stands where runs write, and is of another kind than what they write."""
    published, beside = settings.paths.published, Path(settings.paths.warehouse).parent / BESIDE_WAREHOUSE
    files = [*WRITTEN_FILES, *(f"{published}/{name}" for name in PUBLISHED_FILES)]
    folders = [*WRITTEN_FOLDERS, *(f"{published}/{name}" for name in PUBLISHED_FOLDERS), beside.as_posix()]
    for name in files:
        if (folder / name).exists() and not (folder / name).is_file():
            yield name, "PATH_KIND", "runs write a file of this name, and no file stands there: move it away"
    for name in folders:
        if (folder / name).exists() and not (folder / name).is_dir():
            yield name, "PATH_KIND", "runs need a folder of this name, and no folder stands there: move it away"


def _too_long(folder: Path, text: str) -> str | None:
    if any(len(part.encode()) > MAX_NAME_BYTES for part in text.split("/")):
        return f"has a name of more than {MAX_NAME_BYTES} bytes; write a shorter one"
    if len(str(folder / text).encode()) > MAX_PATH_BYTES:
        return f"is more than {MAX_PATH_BYTES} bytes long with the project folder before it; write a shorter one"
    return None


def _owner(text: str, taken: dict[str, str]) -> str | None:
    # Compared without case: on many file systems Landing and landing are one folder.
    mine = f"{text.casefold()}/"
    if any(part.startswith(HIDDEN_PREFIX) for part in mine.split("/")):
        return f"our own files, whose names begin with {HIDDEN_PREFIX}"
    for other, owner in taken.items():
        theirs = f"{other.casefold()}/"
        if mine.startswith(theirs) or theirs.startswith(mine):
            return owner
    return None


def _other_kind(folder: Path, text: str, *, is_file: bool) -> str | None:
    path = folder / text
    for above in path.relative_to(folder).parents:
        if (folder / above).exists() and not (folder / above).is_dir():
            return f"lies below '{above}', which is a file and no folder; choose another place"
    if is_file and path.exists() and not path.is_file():
        return "is a folder, or a pipe or device, and must be a file; choose another name"
    if not is_file and path.exists() and not path.is_dir():
        return "is a file and must be a folder; choose another name, or move the file away"
    return None
