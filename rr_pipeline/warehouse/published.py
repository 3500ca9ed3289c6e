"""The published copy: marts and ops in a file of their own, which takes its name in one step.

``routing.duckdb`` is the newest copy. Each copy also has a name of its own, which the manifest gives with its sum:
whoever goes by the manifest finds a whole copy at any instant, whoever opens ``routing.duckdb`` too. Analysts may keep
a file open while the next one takes its name. Personal data does not travel: raw, staging and intermediate stay in
the warehouse.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.errors import Problem, RefusedError, ResourceError, RunError
from rr_pipeline.warehouse.changes import NotCompleteError, bring_forward, copy_whole
from rr_pipeline.warehouse.connection import STORAGE_VERSION
from rr_pipeline.warehouse.logs import is_held, set_logs_aside, tidy_logs
from rr_pipeline.warehouse.masks import Masks
from rr_pipeline.warehouse.modes import shared_files
from rr_pipeline.warehouse.schema import LAYOUT_VERSION

PUBLISHED_FILE = "routing.duckdb"
MANIFEST_FILE = "manifest.json"
_STEM = PUBLISHED_FILE.removesuffix(".duckdb")


@dataclass(frozen=True)
class Copy:
    """One published copy, as the manifest tells of it.

    ``modified_ns``: of the file, in nanoseconds since 1970. ``masks``: fingerprint of the masks it was made with; empty
    for one made before there were any, which shows delivered texts.
    """

    run_id: str
    file: str
    sha256: str
    size_bytes: int
    modified_ns: int
    layout_version: int
    masks: str = ""

    def stands(self, folder: Path) -> bool:
        """Whether its file is there, and nobody has written to it since."""
        try:
            found = (folder / self.file).stat()
        except OSError:
            return False
        return (found.st_size, found.st_mtime_ns) == (self.size_bytes, self.modified_ns)


def read_copies(folder: Path) -> list[Copy]:
    """The copies that the manifest names and that stand, the current one first; none where that does not stand."""
    try:
        manifest = _read_manifest(folder)
        copies = [_copy_of(manifest), *map(_copy_of, manifest["earlier"])]
    except _NO_MANIFEST:
        return []
    standing = [copy for copy in copies if copy.stands(folder)]
    return standing if standing[:1] == copies[:1] else []


_NO_MANIFEST = (OSError, ValueError, KeyError, TypeError)
"""What reading a manifest ends in that is not there, or is not one."""


def _read_manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _copy_of(entry: dict[str, Any]) -> Copy:
    return Copy(**{name: entry[name] for name in Copy.__dataclass_fields__ if name != "masks" or name in entry})


def published_run(folder: Path, masks: str | None = None) -> str | None:
    """The run the published copy shows, or None when there is no whole copy, or somebody has changed it.

    With ``masks``, a fingerprint, also None for a copy made with others.
    """
    copies = read_copies(folder)
    with suppress(OSError):
        if copies and masks in (None, copies[0].masks) and (folder / PUBLISHED_FILE).samefile(folder / copies[0].file):
            return copies[0].run_id
    return None


def look_after(folder: Path) -> bool:
    """Set aside logs that other programs have left beside copies; whether the current copy can be opened by others."""
    with suppress(OSError):
        tidy_logs(folder, _STEM)
    return not is_held(folder / PUBLISHED_FILE)


def told_run(folder: Path) -> str | None:
    """The run the manifest tells of, whatever has become of its copy since; None where there is no manifest."""
    try:
        return str(_read_manifest(folder)["run_id"])
    except _NO_MANIFEST:
        return None


def told_layout(folder: Path) -> int | None:
    """The layout of the warehouse that the copy was made of, by its manifest; None where there is none."""
    try:
        return int(_read_manifest(folder)["layout_version"])
    except _NO_MANIFEST:
        return None


def refuse_unmasked(folder: Path, made_by: str = "rr-pipeline publish") -> None:
    """Raise RefusedError (COPY_OUTDATED) for a copy made before texts were masked: nothing of it may go further.

    ``made_by``: the command that makes it again.
    """
    try:
        copy = _copy_of(_read_manifest(folder))
    except _NO_MANIFEST:
        return
    if not copy.masks:
        raise RefusedError(
            Problem(
                PUBLISHED_FILE,
                None,
                None,
                "COPY_OUTDATED",
                "this copy was made by an earlier version and shows delivered texts that are not published any more. "
                f"Make it again with `{made_by}`.",
            )
        )


def is_intact(folder: Path) -> bool:
    """Whether the bytes of the published copy are those of the manifest. Reads all of it."""
    copies = read_copies(folder)
    return published_run(folder) is not None and _sha256(folder / copies[0].file) == copies[0].sha256


@shared_files()
def publish(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    run_id: str,
    masks: Masks,
    copies: int = 1,
    *,
    project: str = "",
    whole: bool = False,
) -> dict[str, int]:
    """Copy marts and ops of the committed warehouse to ``folder``; return rows by table.

    An earlier copy is brought forward by what has changed since; unless ``whole`` is asked for, or none will do. The
    copy is written beside the old one, counted against the warehouse, and takes its name in one step. ``copies`` are
    kept in all, none made with other masks. Killed anywhere, the folder shows the old copy or the new one, and the next
    publishing tidies up.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f".{PUBLISHED_FILE}.new"
    _remove(fresh)
    try:
        counts = None if whole else _brought_forward(con, folder, fresh, run_id, copies, masks)
        if counts is None:
            counts = _whole_copy(con, fresh, masks)
        _take_its_place(folder, fresh, run_id, copies, masks.fingerprint, {"project": project, "rows": counts})
    except duckdb.IOException as error:
        if "space" in str(error).lower():
            raise _full() from None
        raise
    except OSError as error:
        if error.errno in (28, 122):
            raise _full() from None
        raise
    finally:
        _remove(fresh)
    return counts


def _full() -> ResourceError:
    return ResourceError("the disk is full: the warehouse is complete, the old published copy stands.")


def _brought_forward(  # noqa: PLR0917 - as publish has them
    con: duckdb.DuckDBPyConnection, folder: Path, fresh: Path, run_id: str, copies: int, masks: Masks
) -> dict[str, int] | None:
    """Rows by table of an earlier copy brought forward, at ``fresh``; None where there is none that will do."""
    alike = (LAYOUT_VERSION, masks.fingerprint)
    standing = [
        copy
        for copy in read_copies(folder)
        # Who has one open for writing may be writing to it just now.
        if copy.run_id < run_id and (copy.layout_version, copy.masks) == alike and not is_held(folder / copy.file)
    ]
    if not standing:
        return None
    base = standing[0]
    if len(standing) >= max(copies, 2) and _is_nobodys(folder / standing[-1].file):
        # The oldest one would go anyhow. Changed where it is it costs what is new, not what is stored.
        base = standing[-1]
        os.replace(folder / base.file, fresh)
    else:
        shutil.copyfile(folder / base.file, fresh)
        if is_held(folder / base.file) or not base.stands(folder):
            return None
    try:
        with _attached(con, fresh):
            return bring_forward(con, base.run_id, masks)
    except duckdb.Error as error:
        if "space" in str(error).lower():
            raise
        return None


def _is_nobodys(path: Path) -> bool:
    """Whether the file has no other name and nobody at all has it open, so that it may be written to."""
    try:
        if path.stat().st_nlink != 1:
            return False
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # The kernel grants a lease for writing only to a file that is open nowhere else, this process included.
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except (OSError, AttributeError):
        return False
    finally:
        os.close(descriptor)
    return True


def _whole_copy(con: duckdb.DuckDBPyConnection, fresh: Path, masks: Masks) -> dict[str, int]:
    _remove(fresh)
    try:
        with _attached(con, fresh):
            return copy_whole(con, masks)
    except NotCompleteError as error:
        raise RunError(f"the published copy of {error} is not complete; the old copy stands.") from None


@contextmanager
def _attached(con: duckdb.DuckDBPyConnection, path: Path) -> Iterator[None]:
    quoted = str(path).replace("'", "''")
    con.execute(f"attach '{quoted}' as published (storage_version '{STORAGE_VERSION}')")
    try:
        yield
        con.execute("checkpoint published")
    finally:
        con.execute("use warehouse")
        con.execute("detach published")


def _take_its_place(  # noqa: PLR0917 - as publish has them
    folder: Path, fresh: Path, run_id: str, copies: int, masks: str, told: dict[str, object]
) -> None:
    """Name the copy, make it ``routing.duckdb``, tell of it, and remove what is beyond ``copies``: in this order."""
    named = folder / f"{_STEM}.{run_id}.duckdb"
    digest, found = _sha256(fresh), fresh.stat()
    current = Copy(run_id, named.name, digest, found.st_size, found.st_mtime_ns, LAYOUT_VERSION, masks)
    before = [copy for copy in read_copies(folder) if copy.run_id < run_id and copy.masks == masks]
    earlier = before[: copies - 1]
    set_logs_aside(named)
    os.replace(fresh, named)
    link = folder / f".{PUBLISHED_FILE}.link.new"
    _remove(link)
    os.link(named, link)
    # Before, so that the new copy is never seen with the log of an old one; after, should one have come between.
    set_logs_aside(folder / PUBLISHED_FILE)
    os.replace(link, folder / PUBLISHED_FILE)
    set_logs_aside(folder / PUBLISHED_FILE)
    _write_manifest(folder, {**asdict(current), **told, "earlier": [asdict(copy) for copy in earlier]})
    _prune(folder, frozenset(copy.file for copy in (current, *earlier)))
    tidy_logs(folder, _STEM)


def _prune(folder: Path, kept: frozenset[str]) -> None:
    """Remove every copy that the manifest does not tell of: nobody knows with which masks it was made."""
    for path in sorted(folder.glob(f"{_STEM}.run-*.duckdb")):
        if path.name not in kept:
            path.unlink()


def _write_manifest(folder: Path, manifest: dict[str, object]) -> None:
    fresh = folder / f".{MANIFEST_FILE}.new"
    fresh.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    os.replace(fresh, folder / MANIFEST_FILE)


def _remove(path: Path) -> None:
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
