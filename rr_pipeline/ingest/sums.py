"""Sums of delivered files, remembered from run to run, so that a file that nobody has touched is not read again.

Belongs here: the file of sums beside the warehouse. Does not belong here: the ledger, which alone says what was taken
up. Nothing depends on this file: without it every file is hashed again, and a new file is hashed while it is read.
"""

from __future__ import annotations

import json
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from rr_pipeline.ingest.stream import hash_file

SUMS_FILE = ".rr_sums.json"

_RACY_NS = 2_000_000_000
"""A file changed so shortly before it was hashed could be changed again without a sign in its times."""

_Stat = tuple[int, int, int, int, int]


def _stat(path: Path) -> _Stat | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev


@dataclass
class Sums:
    """Sums by file name below the landing folder. Several threads may ask at once."""

    place: Path
    _before: dict[str, tuple[_Stat, str]] = field(default_factory=dict)
    _now: dict[str, tuple[_Stat, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, place: Path) -> Sums:
        """What an earlier run remembered; nothing where that cannot be read."""
        sums = cls(place)
        with suppress(OSError, ValueError, TypeError, AttributeError):
            for name, (*stat, sha256) in json.loads(place.read_text(encoding="utf-8")).items():
                size, modified, changed, inode, device = map(int, stat)
                sums._before[name] = ((size, modified, changed, inode, device), str(sha256))
        return sums

    def of(self, path: Path, name: str, max_bytes: int) -> tuple[str, int]:
        """Return (SHA-256 in hex, size in bytes) of a file. Raises what ``hash_file`` raises."""
        stat, begun = _stat(path), time.time_ns()
        known = self._before.get(name)
        if known is not None and known[0] == stat and known[0][0] <= max_bytes:
            self._now[name] = known
            return known[1], known[0][0]
        sha256, size = hash_file(path, max_bytes)
        if stat is not None and stat[2] < begun - _RACY_NS and stat[1] < begun - _RACY_NS and _stat(path) == stat:
            self._now[name] = (stat, sha256)
        return sha256, size

    def save(self) -> None:
        """Remember the sums of the files that were asked for. Where that cannot be written the next run reads more."""
        if self._now == self._before:
            return
        fresh = self.place.with_name(f"{self.place.name}.new")
        content = {name: [*stat, sha256] for name, (stat, sha256) in sorted(self._now.items())}
        with suppress(OSError):
            fresh.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
            os.replace(fresh, self.place)
        fresh.unlink(missing_ok=True)
