"""The places a run writes to, looked at before it writes anywhere.

Belongs here: whether they can be written to. Does not belong here: whether they have room, which only writing tells.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from rr_pipeline.config import Project
from rr_pipeline.errors import Problem, RefusedError


def refuse_read_only(project: Project) -> None:
    """Raise RefusedError (PATH_READ_ONLY), naming every place that this process may not write to."""
    # Where the project itself cannot be written to, the rest need not be named as well.
    places = list(_places(project)) if os.access(project.folder, os.W_OK) else [(project.folder, "--project")]
    problems = [
        Problem(
            path.name,
            None,
            field,
            "PATH_READ_ONLY",
            f"the user of this process (number {os.geteuid()}) cannot write here. Give that user the right to, or, "
            "where the file system is mounted read-only, mount it for writing; then run again.",
        )
        for path, field in places
        if not os.access(path, os.W_OK)
    ]
    if problems:
        raise RefusedError("Nothing was run and nothing was changed.", problems)


def _places(project: Project) -> Iterator[tuple[Path, str]]:
    if project.warehouse.exists():
        yield project.warehouse, "paths.warehouse"
    wanted = [(project.warehouse.parent, "paths.warehouse"), (project.published, "paths.published")]
    if project.settings.backups.after != "never":
        wanted.append((project.backups, "paths.backups"))
    for path, field in wanted:
        standing = next(place for place in (path, *path.parents) if place.exists())
        if standing != project.folder:
            yield standing, field
