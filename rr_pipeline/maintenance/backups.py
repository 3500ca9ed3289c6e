"""Backups of the warehouse: whole copies that have been read, counted and summed before they take their name.

Belongs here: making, finding and proving them. Does not belong here: putting one in the warehouse's place
(restoring.py). Beside each backup stands a manifest of the same name, ending in .json.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import InvariantError, Problem, RefusedError, ResourceError, RunError, warn
from rr_pipeline.maintenance.verify import between_runs, check_again, read_whole
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse import damaged, is_damage, one_value
from rr_pipeline.warehouse.connection import attach_copy


@dataclass(frozen=True)
class Backup:
    """One backup as its manifest tells of it: the run it stands at, and the sum of its bytes."""

    run_id: str
    frontier: str
    layout_version: int
    sha256: str
    size_bytes: int
    table_count: int
    row_count: int
    path: Path

    def as_json(self) -> dict[str, Any]:
        """Plain values, as the manifest has them."""
        return {name: value for name, value in asdict(self).items() if name != "path"}

    @property
    def frontier_at(self) -> datetime:
        """Up to when everything in it is final."""
        return datetime.fromisoformat(self.frontier)


def back_up(project: Project, to: Path | None = None) -> Backup:
    """Copy the warehouse between runs, to ``to`` or into the project's folder of backups, of which the newest stay.

    Raises RefusedError (WAREHOUSE_EMPTY, or what is wrong with the warehouse), LockedError, ResourceError.
    """
    if to is not None:
        _refuse_foreign(to)
    with between_runs(project, "rr-pipeline backup") as session:
        read_whole(session)
        try:
            check_again(session)
        except (InvariantError, RefusedError) as error:
            # Nothing is lost by a copy of it, and who is to put it right may need one.
            session.failure = None
            warn(f"what the backup holds is not proved: {error}")
        session.rollback()
        return write_backup(session.con, project, to)


def _refuse_foreign(to: Path) -> None:
    """Raise RefusedError (BACKUP_TARGET) where writing a backup would replace something else."""
    is_backup = to.is_file() and not to.is_symlink() and read_backup(to) is not None and _is_database(to)
    for path in (to, manifest_of(to)):
        if os.path.lexists(path) and not is_backup:
            raise RefusedError(
                Problem(
                    path.name,
                    None,
                    "--to",
                    "BACKUP_TARGET",
                    "it is there and is no backup of "
                    "`rr-pipeline backup`, and would be lost. Nothing was changed: give a name that is free.",
                )
            )


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(12)[8:] == b"DUCK"


def after_run(session: Session, new_frontier: datetime | None) -> None:
    """Make the backup that project.yaml asks for after a run that changed something."""
    if is_due(session, new_frontier):
        session.progress("backing up", 0, None)
        write_backup(session.con, session.project)


def is_due(session: Session, new_frontier: datetime | None) -> bool:
    """Whether a backup follows this run."""
    wanted = session.project.settings.backups.after
    return wanted == "run" or (wanted == "day" and _is_new_day(session, new_frontier))


def _is_new_day(session: Session, new_frontier: datetime | None) -> bool:
    newest = next(iter(find_backups(session.project)), None)
    if newest is None or new_frontier is None:
        return True
    zone = load_zone(session.project.settings.time_zone)
    return newest.frontier_at.astimezone(zone).date() < new_frontier.astimezone(zone).date()


def write_backup(con: duckdb.DuckDBPyConnection, project: Project, to: Path | None = None) -> Backup:
    """Copy what is committed; the copy takes its name when it holds every row. ``con`` has no transaction open."""
    run_id = str(one_value(con, "select max(run_id) from ops.runs"))
    path = to or project.backups / f"{project.warehouse.stem}.{run_id}.duckdb"
    fresh = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove(fresh)
        counts = _copy(con, fresh)
        made = Backup(
            run_id=run_id,
            frontier=one_value(con, "select arg_max(frontier_at, run_id) from ops.runs").isoformat(),
            layout_version=int(one_value(con, "select max(layout_version) from ops.layout")),
            sha256=digest_of(fresh),
            size_bytes=fresh.stat().st_size,
            table_count=len(counts),
            row_count=sum(counts.values()),
            path=path,
        )
        # The manifest first: a backup without one is not looked at, one with the sum of another is refused.
        _write_manifest(made)
        os.replace(fresh, path)
    except (duckdb.Error, OSError) as error:
        if isinstance(error, duckdb.Error) and is_damage(error, project.warehouse):
            raise damaged(project.warehouse) from None
        reason = "the disk is full" if "space" in str(error).lower() else "its folder cannot be written"
        raise ResourceError(f"the backup {path.name} was not made: {reason}. The warehouse is as it was.") from None
    finally:
        _remove(fresh)
    if to is None:
        _prune(project)
    return made


def _copy(con: duckdb.DuckDBPyConnection, fresh: Path) -> dict[str, int]:
    attach_copy(con, fresh, "backup", is_new=True)
    try:
        con.execute("copy from database warehouse to backup")
        counts = {name: _count(con, f"warehouse.{name}") for name in _tables(con, "warehouse")}
        if counts != {name: _count(con, f"backup.{name}") for name in _tables(con, "backup")}:
            raise RunError(f"the backup {fresh.name} does not hold every row of the warehouse; it was not kept.")
        return counts
    finally:
        with suppress(duckdb.Error):
            con.execute("detach backup")


def _tables(con: duckdb.DuckDBPyConnection, database: str) -> list[str]:
    query = """
        select format('"{}"."{}"', schema_name, table_name) from duckdb_tables()
        where database_name = ? and not temporary order by all
    """
    return [str(name) for (name,) in con.execute(query, [database]).fetchall()]


def _count(con: duckdb.DuckDBPyConnection, name: str) -> int:
    return int(one_value(con, f"select count(*) from {name}"))


def digest_of(path: Path) -> str:
    """SHA-256 of a file, which is on the disk afterwards."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest()


def manifest_of(path: Path) -> Path:
    """Where the manifest of a backup stands."""
    return path.with_name(f"{path.name}.json")


def _write_manifest(made: Backup) -> None:
    manifest = manifest_of(made.path)
    fresh = manifest.with_name(f".{manifest.name}.new")
    fresh.write_text(json.dumps(made.as_json(), indent=2) + "\n", encoding="utf-8")
    os.replace(fresh, manifest)


def read_backup(path: Path) -> Backup | None:
    """What the manifest beside a file says; None without a readable one."""
    try:
        return Backup(**json.loads(manifest_of(path).read_text(encoding="utf-8")), path=path)
    except (OSError, ValueError, TypeError):
        return None


def find_backups(project: Project) -> list[Backup]:
    """The project's backups, the newest first."""
    found = (read_backup(path) for path in project.backups.glob("*.duckdb") if not path.name.startswith("."))
    return sorted((one for one in found if one is not None), key=lambda one: one.run_id, reverse=True)


def is_whole(backup: Backup) -> bool:
    """Whether the bytes are those that were written."""
    try:
        return backup.path.stat().st_size == backup.size_bytes and digest_of(backup.path) == backup.sha256
    except OSError:
        return False


def _prune(project: Project) -> None:
    for old in find_backups(project)[project.settings.backups.keep :]:
        old.path.unlink(missing_ok=True)
        manifest_of(old.path).unlink(missing_ok=True)


def _remove(fresh: Path) -> None:
    for path in (fresh, fresh.with_name(fresh.name + ".wal")):
        path.unlink(missing_ok=True)
