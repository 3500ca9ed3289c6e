"""A backup in the place of a warehouse that is gone, damaged or not wanted; or a start again from landing/.

Belongs here: choosing, proving and exchanging files. Does not belong here: making backups (backups.py). Nothing is ever
deleted: what stood in the way is beside the warehouse afterwards, under a name of its own.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.errors import LockedError, Problem, RefusedError, RunError
from rr_pipeline.ingest import discover, fingerprint
from rr_pipeline.maintenance.backups import Backup, digest_of, find_backups, is_whole, manifest_of, read_backup
from rr_pipeline.maintenance.under_lock import open_writer, upkeep
from rr_pipeline.maintenance.verify import read_tables
from rr_pipeline.publishing.project_masks import project_masks
from rr_pipeline.warehouse import is_locked, one_value, open_analyst, publish
from rr_pipeline.warehouse.logs import free_names, logs_of
from rr_pipeline.warehouse.published import MANIFEST_FILE, PUBLISHED_FILE, told_run
from rr_pipeline.warehouse.schema import LAYOUT_VERSION
from rr_pipeline.warehouse.sql_files import table_exists

Delivered = tuple[str, str, str]
"""Source, SHA-256 and name of a file that a run took up."""


@dataclass(frozen=True)
class Restored:
    """What a restore did. ``run_id`` is None for a start again; ``missing_files`` are no longer in landing/."""

    run_id: str | None
    frontier: str | None
    source: str
    set_aside: tuple[str, ...]
    skipped: tuple[str, ...]
    later_files: int
    missing_files: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def restore(project: Project, chosen: Path | None = None, *, force: bool = False) -> Restored:
    """Put a backup (the newest whole one, or ``chosen``) in the warehouse's place, and publish it.

    ``force``: also where the warehouse is in order. Raises RefusedError: BACKUP_MISSING, BACKUP_DAMAGED, BACKUP_NEWER,
    WAREHOUSE_IN_ORDER; then nothing has changed.
    """
    with upkeep(project, "rr-pipeline restore") as stops:
        backup, skipped = _choose(project, chosen)
        if not force:
            _refuse_in_order(
                project, f"; the backup stands at {backup.run_id}. Nothing was changed; to exchange them all the same"
            )
        later = _taken_up_since(project, backup.run_id)
        fresh = _fetch(project, backup)
        with stops.held():
            # A copy of what is no longer so must not be brought forward: it is made again, whole. The manifest goes
            # first: by it a warehouse that is behind is refused.
            (project.published / MANIFEST_FILE).unlink(missing_ok=True)
            aside = _set_aside(project.warehouse)
            os.replace(fresh, project.warehouse)
        with open_writer(project, stops) as con:
            publish(
                con, project.published, backup.run_id, project_masks(con, project),
                project.settings.retention.published_copies,
                project=project.settings.name, whole=True,
            )  # fmt: skip
        missing = _not_in_landing(project, later)
        return Restored(backup.run_id, backup.frontier, backup.path.name, aside, skipped, len(later), missing)


def _refuse_in_order(project: Project, what_else: str) -> None:
    """Raise RefusedError (WAREHOUSE_IN_ORDER) where the warehouse can be read. ``what_else``: up to the way on."""
    if (stands := _last_run(project)) is not None:
        text = f"the warehouse can be read and stands at {stands}{what_else}, give --force."
        raise RefusedError(Problem(project.warehouse.name, None, None, "WAREHOUSE_IN_ORDER", text))


def restore_from_landing(project: Project, *, force: bool = False) -> Restored:
    """Set the warehouse and what it published aside, so that the next run decides all of landing/ again.

    ``force``: also where the warehouse is in order, or files that runs took up are no longer in landing/. Raises
    RefusedError (LANDING_INCOMPLETE, WAREHOUSE_IN_ORDER); then nothing has changed.
    """
    with upkeep(project, "rr-pipeline restore --from-landing") as stops:
        if not force:
            _refuse_in_order(project, ". Nothing was changed; to start again all the same")
        delivered = _taken_up_since(project, "")
        missing = _not_in_landing(project, delivered)
        if missing and not force:
            raise RefusedError(
                Problem(
                    str(project.settings.paths.landing),
                    None,
                    None,
                    "LANDING_INCOMPLETE",
                    f"{len(missing)} files that runs took up are not there any more: {', '.join(missing[:5])}. Put "
                    "them back, or give --force to start without them.",
                )
            )
        with stops.held():
            aside = _set_aside(project.warehouse)
            if project.published.exists():
                place = next(free_names(project.published))
                os.replace(project.published, place)
                aside = (*aside, place.name)
        return Restored(None, None, project.settings.paths.landing, aside, (), len(delivered), missing)


def _choose(project: Project, chosen: Path | None) -> tuple[Backup, tuple[str, ...]]:
    """The backup to take, and the names of newer ones that are not whole."""
    if chosen is not None:
        found = [one for one in [read_backup(chosen)] if one is not None]
        where = f"{manifest_of(chosen).name} is not beside it"
    else:
        found = find_backups(project)
        where = f"{project.settings.paths.backups}/ holds none"
    if not found:
        name = chosen.name if chosen else project.settings.paths.backups
        raise RefusedError(
            Problem(
                name,
                None,
                None,
                "BACKUP_MISSING",
                f"there is no backup to restore: {where}. Name one with "
                "--from, or, if landing/ still holds every delivery, start again with --from-landing.",
            )
        )
    skipped: list[str] = []
    for backup in found:
        if is_whole(backup):
            _refuse_newer(backup)
            return backup, tuple(skipped)
        skipped.append(backup.path.name)
    raise RefusedError(
        Problem(
            skipped[0],
            None,
            None,
            "BACKUP_DAMAGED",
            f"its bytes are not those that were written ({len(skipped)} looked at). Name another one with --from.",
        )
    )


def _refuse_newer(backup: Backup) -> None:
    if backup.layout_version > LAYOUT_VERSION:
        raise RefusedError(
            Problem(
                backup.path.name,
                None,
                None,
                "BACKUP_NEWER",
                f"layout {backup.layout_version} was written by a "
                f"newer rr-pipeline (this one knows {LAYOUT_VERSION}). Install that version or a later one.",
            )
        )


def _last_run(project: Project) -> str | None:
    """The run at which the warehouse stands, read to its end; None where that cannot be had, or is behind its copy."""
    if not project.warehouse.exists():
        return None
    try:
        with duckdb.connect(str(project.warehouse), read_only=True) as con:
            read_tables(con, project.warehouse)
            newest = one_value(con, "select max(layout_version) from ops.layout")
            stands = str(one_value(con, "select max(run_id) from ops.runs"))
            return stands if newest <= LAYOUT_VERSION and stands >= (told_run(project.published) or "") else None
    except RefusedError:
        return None
    except duckdb.Error as error:
        if is_locked(error):
            raise LockedError(f"{project.warehouse.name} is open elsewhere. Close it first.") from None
        return None


def _fetch(project: Project, backup: Backup) -> Path:
    """Copy the backup beside the warehouse, and prove the copy."""
    fresh = project.warehouse.with_name(f".{project.warehouse.name}.new")
    shutil.copyfile(backup.path, fresh)
    if digest_of(fresh) != backup.sha256:
        fresh.unlink()
        raise RunError(f"the copy of {backup.path.name} is not what was read; nothing was changed.")
    return fresh


def _set_aside(warehouse: Path) -> tuple[str, ...]:
    """Give what stands in the way names of its own: links first, so that no instant knows of it by no name."""
    place = next(free_names(warehouse))
    found = [(warehouse, place)] if warehouse.exists() else []
    found += [(log, Path(f"{place}{log.name.removeprefix(warehouse.name)}")) for log in logs_of(warehouse)]
    for path, to in found:
        os.link(path, to)
    # The logs go first: they would be replayed onto whatever bears the warehouse's name.
    for path, _ in reversed(found):
        path.unlink()
    return tuple(to.name for _, to in found)


def _taken_up_since(project: Project, run_id: str) -> list[Delivered]:
    """Files that runs after ``run_id`` took up, as far as the published copy tells."""
    path = project.published / PUBLISHED_FILE
    if not path.is_file():
        return []
    try:
        with open_analyst(path) as con:
            if not table_exists(con, "ops.ingested_files"):
                return []
            rows: list[Delivered] = con.execute(
                "select source, sha256, file_name from ops.ingested_files "
                "where status <> 'refused' and run_id > ? order by file_id",
                [run_id],
            ).fetchall()
            return rows
    except (duckdb.Error, RefusedError):
        return []


def _not_in_landing(project: Project, delivered: list[Delivered]) -> tuple[str, ...]:
    if not delivered:
        return ()
    most = project.settings.limits.max_file_bytes
    there = {
        (file.source.name, fingerprint(file.path, most))
        for file in discover(project.landing, project.sources).delivered
    }
    return tuple(name for source, digest, name in delivered if (source, digest) not in there)
