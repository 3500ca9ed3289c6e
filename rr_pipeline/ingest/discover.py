"""Which files lie below the landing folder, and which source reads each of them.

Belongs here: names and kinds of files. Does not belong here: opening them. Symlinks, pipes, devices and folders are
never opened or followed, nor is a name that could not be printed or quoted safely.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from rr_pipeline.config import Source
from rr_pipeline.errors import Problem, RefusedError

_SHOWN = 200
"""Letters of a folder's name that a message shows."""

_BAD_IN_NAMES = re.compile(r"[\x00-\x1f\x7f-\x9f\"'`\\\u2028\u2029\ud800-\udfff]|\.\.")


@dataclass(frozen=True)
class Delivered:
    """A file that one source reads. ``name`` is its path below the landing folder, with '/'."""

    source: Source
    path: Path
    name: str


@dataclass(frozen=True)
class Discovery:
    """What lies in the landing folder, all in name order.

    ``refused``: (source, problem) for what a pattern matches but nobody may read. ``unmatched``: files that no source
    reads, manifests and hidden files left out. ``absent``: sources that are not optional and match nothing.
    """

    delivered: tuple[Delivered, ...] = ()
    refused: tuple[tuple[str, Problem], ...] = ()
    unmatched: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()


def discover(landing: Path, sources: Sequence[Source]) -> Discovery:
    """List the files below ``landing`` by the source whose pattern they match. A missing folder holds nothing.

    Problems: FILE_NOT_REGULAR, FILE_NAME, FILE_AMBIGUOUS (two sources match). Raises RefusedError (LANDING_UNREADABLE)
    rather than miss files in a folder that cannot be listed.
    """
    delivered: list[Delivered] = []
    refused: list[tuple[str, Problem]] = []
    unmatched: list[str] = []
    matched: set[str] = set()
    for path, name, kind in sorted(_walk(landing), key=lambda found: found[1]):
        readers = [source for source in sources if _matches(name, source.location)]
        readers = [source for source in readers if not _is_manifest(name, source)]
        matched.update(source.name for source in readers)
        problem = _problem(name, kind, readers)
        if problem is not None:
            refused.extend((source.name, problem) for source in readers)
        elif readers:
            delivered.append(Delivered(readers[0], path, name))
        elif stat.S_ISREG(kind) and not any(_is_manifest(name, source) for source in sources):
            unmatched.append(printable(name))
    absent = (source.name for source in sources if source.name not in matched and not source.optional)
    return Discovery(tuple(delivered), tuple(refused), tuple(unmatched), tuple(absent))


def what_is_read(landing: Path, sources: Sequence[Source]) -> dict[str, os.stat_result]:
    """Everything below ``landing`` that a run would look at, manifests too, by name, links not followed.

    Raises RefusedError (LANDING_UNREADABLE) as ``discover`` does.
    """
    found = {}
    for path, name, _ in _walk(landing):
        if any(_matches(name, source.location) or _is_manifest(name, source) for source in sources):
            with suppress(FileNotFoundError):
                found[name] = path.lstat()
    return found


def printable(name: str) -> str:
    """Return a file name with everything unsafe written as an escape, so that it stays on one line of a log."""
    return "".join(
        letter.encode("unicode_escape").decode("ascii") if _BAD_IN_NAMES.match(letter) else letter for letter in name
    )


def _walk(landing: Path) -> Iterator[tuple[Path, str, int]]:
    """Yield (path, name below the landing folder, mode) of all entries but plain folders, which are walked.

    No function calls itself here: folders may be nested deeper than Python lets calls be.
    """
    waiting = [(landing, "")]
    while waiting:
        folder, prefix = waiting.pop()
        for entry in _entries(folder, prefix):
            name = prefix + entry.name
            try:
                mode = entry.stat(follow_symlinks=False).st_mode
            except FileNotFoundError:
                continue
            yield Path(entry.path), name, mode
            if stat.S_ISDIR(mode):
                waiting.append((Path(entry.path), name + "/"))


def _entries(folder: Path, prefix: str) -> list[os.DirEntry[str]]:
    try:
        return [entry for entry in os.scandir(folder) if not entry.name.startswith(".")]
    except FileNotFoundError:
        return []
    except OSError as error:
        where = printable(prefix) or folder.name
        shown = where if len(where) <= _SHOWN else f"...{where[-_SHOWN:]}"
        raise RefusedError(
            Problem(
                shown,
                None,
                None,
                "LANDING_UNREADABLE",
                f"cannot be listed: {error.strerror}. Make it a folder that this user may read.",
            )
        ) from None


def _problem(name: str, kind: int, readers: Iterable[Source]) -> Problem | None:
    names = [source.name for source in readers]
    shown = printable(name)
    if not names:
        return None
    if _BAD_IN_NAMES.search(name):
        message = "the name holds quotes, control characters, a backslash or '..'; it was not opened. Rename the file."
        return Problem(shown, None, None, "FILE_NAME", message)
    if not stat.S_ISREG(kind):
        message = f"is a {_kind(kind)}, not a file; it was not opened. Deliver a copy of the file itself."
        return Problem(shown, None, None, "FILE_NOT_REGULAR", message)
    if len(names) > 1:
        message = f"matches the patterns of {', '.join(names)}; narrow their `location` so that one source reads it."
        return Problem(shown, None, None, "FILE_AMBIGUOUS", message)
    return None


def _kind(mode: int) -> str:
    for test, word in ((stat.S_ISLNK, "symbolic link"), (stat.S_ISDIR, "folder"), (stat.S_ISFIFO, "named pipe")):
        if test(mode):
            return word
    return "device or socket"


def _is_manifest(name: str, source: Source) -> bool:
    manifest = source.options.manifest
    return manifest is not None and (name == manifest or name.endswith("/" + manifest))


def _matches(name: str, location: str) -> bool:
    return _match_parts(tuple(name.split("/")), tuple(part for part in location.split("/") if part not in ("", ".")))


@lru_cache(maxsize=65536)
def _match_parts(names: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    """``*`` stays within a folder, ``**`` stands for any number of folders. Upper and lower case differ."""
    # Which numbers of names the patterns so far can stand for.
    reached = {0}
    for pattern in patterns:
        if pattern == "**":
            reached = set(range(min(reached), len(names) + 1)) if reached else reached
        else:
            reached = {at + 1 for at in reached if at < len(names) and fnmatchcase(names[at], pattern)}
    return len(names) in reached
