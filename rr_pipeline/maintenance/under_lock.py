"""Work on a project between runs: under its lock, told to stop as a run is, with a line in runs.log.

Belongs here: how such work begins and ends. Does not belong here: what is done (backups.py, restoring.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.errors import Exit, RunError, StoppedError
from rr_pipeline.lock import project_lock
from rr_pipeline.session.run_log import codes_of, log_run
from rr_pipeline.session.stopping import Stop, Stops, stoppable
from rr_pipeline.session.writable_places import refuse_read_only
from rr_pipeline.warehouse import open_warehouse
from rr_pipeline.warehouse.failures import SPILL_FOLDER
from rr_pipeline.warehouse.modes import private_files
from rr_pipeline.warehouse.published import told_run


@contextmanager
def upkeep(project: Project, what: str) -> Iterator[Stops]:
    """Hold the project for the length of the block; however it ends, runs.log gets a line."""
    clock = datetime.now(UTC)

    def end_now(error: StoppedError) -> None:
        for folder in (project.folder, project.warehouse.parent, project.backups, project.published):
            remove_halves(folder)
        log_run(project.folder, clock, what, exit_code=error.exit_code, codes=codes_of(error))

    with stoppable(end_now) as stops:
        try:
            refuse_read_only(project)
            with project_lock(project.folder, what), private_files():
                yield stops
        except BaseException as error:
            failure = stops.error() if stops.signal and isinstance(error, (Stop, Exception)) else error
            code = failure.exit_code if isinstance(failure, RunError) else Exit.INTERNAL
            log_run(project.folder, clock, what, exit_code=code, codes=codes_of(failure))
            if failure is not error:
                raise failure from None
            raise
        log_run(project.folder, clock, what, exit_code=Exit.DONE)


@contextmanager
def open_writer(project: Project, stops: Stops) -> Iterator[duckdb.DuckDBPyConnection]:
    """The warehouse, nobody else in it, without a transaction. Raises what ``open_warehouse`` raises."""
    spill = project.folder / SPILL_FOLDER
    engine = project.settings.engine
    con = open_warehouse(
        project.warehouse,
        project.published,
        memory_limit=engine.memory_limit,
        threads=engine.threads,
        spill=spill,
        shown=told_run(project.published),
    )
    stops.watch(con)
    try:
        yield con
    finally:
        stops.unwind()
        con.close()
        rmtree(spill, ignore_errors=True)


def remove_halves(folder: Path) -> None:
    """Remove files that have not taken their names yet."""
    for half in folder.glob(".*.new*"):
        half.unlink(missing_ok=True)
