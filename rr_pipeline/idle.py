"""Whether a run would find anything to do, told from files alone, before anything heavy is imported.

Belongs here: what a run that left nothing to do writes down (the stamp), and the comparison with what is there now.
Does not belong here: finding out that nothing is left to do (runs/run.py).

A run that finds nothing costs seconds, nearly all of them imports and opening the warehouse; a schedule pays them every
few minutes. So a run that leaves nothing to do writes down what it has looked at: the config by its sums, delivered
files, the warehouse and the published files by the marks that the file system keeps of them. As long as all of these
are the same, the next run would find nothing again. Any doubt means a whole run: without the stamp nothing is lost.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rr_pipeline import __version__

STAMP_FILE = ".rr_idle.json"

_CONFIG = ("project.yaml", "sources.yaml", "exceptions.csv")
_POLICIES = "policies"
_VARIABLE = re.compile(rb"\$\{([^}]*)\}")
_RACY_NS = 2_000_000_000
"""A file changed so shortly before it was looked at could be changed again without a sign in its times."""

Marks = dict[str, list[int]]
"""Size, times of change in nanoseconds, inode and device of files, by path."""


@dataclass(frozen=True)
class Places:
    """Where a project keeps its files, below its folder."""

    landing: str
    warehouse: str
    published: str


@dataclass(frozen=True)
class Seen:
    """What a run looked at. ``config``: sums by path; ``given``: delivered files; ``made``: what runs have written."""

    version: str
    config: dict[str, str]
    given: Marks
    made: Marks

    def has_same_input(self, other: Seen) -> bool:
        """Whether config and delivered files are the same; what runs write is left out."""
        return (self.version, self.config, self.given) == (other.version, other.config, other.given)


def look(folder: Path, places: Places, env: Mapping[str, str] = os.environ) -> Seen | None:
    """Look at everything a run goes by; None where something cannot be told by its marks, or has just changed."""
    begun = time.time_ns()
    try:
        config = _sums(folder, env)
        given = dict(_marks(folder / places.landing))
        made = dict(_marks(folder / places.published))
        for path in folder.glob(f"{places.warehouse}*"):
            made[path.name] = _mark(path)
        changed = [_mark(folder / name)[1:3] for name in config if name != "env"]
    except (OSError, ValueError):
        return None
    newest = max((max(times) for times in (*changed, *(mark[1:3] for mark in given.values()))), default=0)
    return None if newest >= begun - _RACY_NS else Seen(__version__, config, given, made)


def _sums(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Sums of the config, and one of the variables that it names, by their values."""
    names = [name for name in _CONFIG if (folder / name).exists()]
    names += [f"{_POLICIES}/{path.name}" for path in sorted((folder / _POLICIES).iterdir())]
    # A pipe would never end. Whatever is no file is refused by reading the config, so it must not look as before.
    texts = {name: (folder / name).read_bytes() if (folder / name).is_file() else b"no file" for name in names}
    sums = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    named = sorted({match.decode("utf-8", "replace") for text in texts.values() for match in _VARIABLE.findall(text)})
    values = json.dumps([[name, env.get(name)] for name in named])
    # A secret must not be found by trying: its sum is one of all texts too, and cut.
    salted = "".join(sums.values()) + values
    return {**sums, "env": hashlib.sha256(salted.encode()).hexdigest()[:8]} if named else sums


def _marks(root: Path) -> Iterator[tuple[str, list[int]]]:
    for place, folders, files in os.walk(root):
        for name in (*folders, *files):
            path = Path(place) / name
            found = path.lstat()
            if stat.S_ISREG(found.st_mode):
                yield str(path.relative_to(root.parent)), _mark(path)
            elif not stat.S_ISDIR(found.st_mode):
                raise ValueError(f"{name} is neither a file nor a folder")


def _mark(path: Path) -> list[int]:
    found = path.lstat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev]


def remember(folder: Path, places: Places, before: Seen | None, name: str, report: Mapping[str, Any]) -> None:
    """Write the stamp of a run that leaves nothing to do; ``before`` is what ``look`` gave when it began.

    ``name`` of the project and ``report`` are what an idle run shows.

    Nothing is written where a file came or changed while the run worked, or where the stamp cannot be written.
    """
    now = look(folder, places)
    path = folder / STAMP_FILE
    if before is None or now is None or not now.has_same_input(before):
        forget(folder)
        return
    fresh = path.with_name(f"{STAMP_FILE}.new")
    content = {"places": asdict(places), "seen": asdict(now), "name": name, "report": dict(report)}
    with suppress(OSError):
        fresh.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
        os.replace(fresh, path)
    with suppress(OSError):
        fresh.unlink(missing_ok=True)


def forget(folder: Path) -> None:
    """Remove the stamp: the next run is a whole one."""
    with suppress(OSError):
        (folder / STAMP_FILE).unlink(missing_ok=True)


def recall(folder: Path) -> tuple[str, dict[str, Any]] | None:
    """The project's name and what an idle run would report; None where there may be something to do."""
    try:
        stamp = json.loads((folder / STAMP_FILE).read_text(encoding="utf-8"))
        places, seen = Places(**stamp["places"]), Seen(**stamp["seen"])
        name, report = str(stamp["name"]), dict(stamp["report"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (name, report) if look(folder, places) == seen else None
