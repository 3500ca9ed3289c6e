"""Whether what is stored is sound: every table read whole, the invariants counted again, the published copy compared.

Belongs here: looking. Does not belong here: putting right what is found (restoring.py, publishing.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from rr_pipeline.config import Project
from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import Exit, Problem, RefusedError
from rr_pipeline.session.run_log import codes_of, log_run
from rr_pipeline.session.session import ProgressCallback, Session, no_progress, open_session
from rr_pipeline.steps.found import Found
from rr_pipeline.steps.sequence import perform_all
from rr_pipeline.warehouse import damaged, is_damage
from rr_pipeline.warehouse.published import MANIFEST_FILE, PUBLISHED_FILE, is_intact, look_after, published_run
from rr_pipeline.warehouse.sql_files import table_exists

EVERY_RUNS = 24
"""A run reads everything that is stored at least so often, and whenever a new local day begins."""


@dataclass(frozen=True)
class Verified:
    """What was looked at. ``problems``: what is wrong with the published copy, empty where nothing is."""

    run_id: str
    table_count: int
    row_count: int
    check_count: int
    problems: tuple[Problem, ...]

    @property
    def exit_code(self) -> Exit:
        """Done when all is sound."""
        return Exit.DEGRADED if self.problems else Exit.DONE

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {**vars(self), "problems": [str(problem) for problem in self.problems]}


def verify(project: Project, progress: ProgressCallback = no_progress) -> Verified:
    """Read every table whole, count the invariants again, compare the published copy; change nothing.

    Raises RefusedError (WAREHOUSE_EMPTY, WAREHOUSE_DAMAGED and what a run raises), InvariantError, LockedError.
    """
    with between_runs(project, "rr-pipeline verify", progress) as session:
        counts = read_whole(session, progress)
        found = check_again(session)
        run_id = str(session.scalar("select max(run_id) from ops.runs where run_id < getvariable('run_id')"))
        session.rollback()
        problems = tuple(_of_the_copy(project, run_id, counts))
        return Verified(run_id, len(counts), sum(counts.values()), len(found.checks), problems)


@contextmanager
def between_runs(project: Project, what: str, progress: ProgressCallback = no_progress) -> Iterator[Session]:
    """A session in which nothing new is delivered and no time passes. Raises RefusedError (WAREHOUSE_EMPTY)."""
    # Opening a file that is not there would make it; where copies are published, opening refuses instead.
    if not project.warehouse.exists() and not any(project.published.glob("*.duckdb")):
        error, now = _empty(project), datetime.now(UTC)
        log_run(project.folder, now, what, exit_code=error.exit_code, codes=codes_of(error))
        raise error
    with TemporaryDirectory() as nothing:
        paths = project.settings.paths.model_copy(update={"landing": nothing})
        quiet = project.model_copy(update={"settings": project.settings.model_copy(update={"paths": paths})})
        with open_session(quiet, what=what, progress=progress) as session:
            if not table_exists(session.con, "ops.runs"):
                raise _empty(project)
            session.wanted_as_of = session.wanted_until = session.frontier
            yield session


def _empty(project: Project) -> RefusedError:
    return RefusedError(
        Problem(
            project.warehouse.name,
            None,
            None,
            "WAREHOUSE_EMPTY",
            "no run has decided anything yet: there is nothing to verify or back up.",
        )
    )


def read_whole(session: Session, progress: ProgressCallback = no_progress) -> dict[str, int]:
    """Read every value of every table, so that the engine proves its sums; rows by table. Raises RefusedError."""
    progress("reading every table", 0, None)
    return read_tables(session.con, session.project.warehouse)


def read_tables(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, int]:
    """The same of the current database of a connection, which is the file ``path``."""
    try:
        names = con.execute(
            "select schema_name, table_name from duckdb_tables() "
            "where database_name = current_database() and not temporary order by all"
        ).fetchall()
        return {f"{schema}.{table}": _rows_read(con, f'"{schema}"."{table}"') for schema, table in names}
    except duckdb.Error as error:
        if is_damage(error, path):
            raise damaged(path) from None
        raise


def _rows_read(con: duckdb.DuckDBPyConnection, name: str) -> int:
    # A count of values alone is answered from statistics, without a look at the values.
    rows = con.execute(f"select count(*), bit_xor(hash(stored)) from {name} as stored").fetchall()
    return int(rows[0][0])


def check_again(session: Session) -> Found:
    """Count the invariants again over what is stored, as a run that finds nothing new does; raises what that raises."""
    return perform_all(session)


def is_due(session: Session, new_frontier: datetime | None) -> bool:
    """Whether this run reads what it had no need to read: the first one of a local day, and every so many."""
    if session.frontier is None or new_frontier is None:
        return False
    zone = load_zone(session.project.settings.time_zone)
    is_new_day = session.frontier.astimezone(zone).date() < new_frontier.astimezone(zone).date()
    return is_new_day or int(session.run_id.rpartition("-")[2]) % EVERY_RUNS == 0


def _of_the_copy(project: Project, run_id: str, counts: dict[str, int]) -> Iterator[Problem]:
    folder = project.published
    if not look_after(folder):
        yield _problem("COPY_HELD", "another program has it open for writing, and nobody else can open it")
    shown = published_run(folder)
    if shown != run_id:
        yield _problem("COPY_BEHIND", f"it shows {shown or 'no run that is whole'}, the warehouse stands at {run_id}")
    elif not is_intact(folder):
        yield _problem("COPY_DAMAGED", "its bytes are not those that were published")
    else:
        rows = json.loads((folder / MANIFEST_FILE).read_text(encoding="utf-8"))["rows"]
        wrong = sorted(name for name, count in rows.items() if counts.get(name) != count)
        if wrong:
            yield _problem("COPY_DAMAGED", f"it has not as many rows as the warehouse in {', '.join(wrong[:5])}")


def _problem(code: str, what: str) -> Problem:
    return Problem(PUBLISHED_FILE, None, None, code, f"{what}: `rr-pipeline publish` makes it good.")
