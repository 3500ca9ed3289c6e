"""The one Dagster resource: a run of the project, from its lock to its commit.

Dagster only: it opens the very session the command line opens, and performs the same steps. How a run ends is told to
Dagster as a failure in our own words, never in a library's.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import dagster as dg

from rr_pipeline.config import load_project
from rr_pipeline.errors import Problem, RefusedError, RunError, StoppedError
from rr_pipeline.runs.final_days import is_finished, refuse_changes
from rr_pipeline.runs.run import STEPS, Step, finish, perform, preload
from rr_pipeline.session.after_commit import after_commit as made_final
from rr_pipeline.session.instants import read_instant
from rr_pipeline.session.results import RunReport
from rr_pipeline.session.run_log import codes_of, log_run
from rr_pipeline.session.session import Session, open_session
from rr_pipeline.steps.found import Found

JOB_NAME = "rr_pipeline"
WHAT = "dagster"
"""What runs.log and the lock call a run of Dagster's."""

AS_OF_TAG = "rr_pipeline/as_of"
"""Run tag with the instant of the run: a retried run decides as of the same instant as the first try."""

AHEAD_TAG = "rr_pipeline/ahead_of_clock"
"""Run tag that says "true" where the instant of the run may lie after the clock and all records."""

RESTATE_TAG = "rr_pipeline/restate"
"""Run tag that says "true" where finished days are to be decided again."""


@dataclass(frozen=True)
class Days:
    """The partitions of a run: first and last local day, and the last instant of the last one."""

    first: str
    last: str
    until: datetime


class RoutingRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A run of the project in ``folder``."""

    folder: str

    def perform(
        self,
        days: Days | None,
        tags: Mapping[str, str],
        log: logging.Logger,
        *,
        after_step: Callable[[str, Session, Found], None],
        after_commit: Callable[[Session, Found], None],
    ) -> tuple[RunReport, str]:
        """Perform all steps, commit and publish; the report, and what there is to note about the days asked for.

        ``days`` are the partitions: nothing created after them is decided. ``tags`` are those of the Dagster run.
        ``after_step`` is called with the name of each step, the session and what is found by then, ``after_commit``
        once all is in the warehouse. Raises dagster.Failure, with a text free of cell values, for whatever goes wrong.
        """
        preload()
        with _told(), self._open(days, tags) as session:
            is_restating = _is_restating(tags)
            note = _restate(session, days) if is_restating else _look_back(session, days)
            if note:
                log.info(note)
            found = Found()
            for step in _steps(is_restating):
                log.info(step.doing)
                found = perform(session, step, found)
                after_step(step.name, session, found)
            report, superseded = _conclude(session, found) if is_restating else (finish(session, found), "")
            with made_final(session):
                after_commit(session, found)
            return report, superseded or note

    def refuse(self, problem: Problem) -> NoReturn:
        """Note in runs.log that the run was refused, and raise dagster.Failure."""
        error = RefusedError(problem)
        log_run(Path(self.folder), datetime.now(UTC), WHAT, exit_code=error.exit_code, codes=codes_of(error))
        raise _failure(error)

    def _open(self, days: Days | None, tags: Mapping[str, str]) -> AbstractContextManager[Session]:
        project = load_project(Path(self.folder))
        tag = tags.get(AS_OF_TAG) if not _is_restating(tags) else None
        as_of = read_instant(AS_OF_TAG, tag) if tag else None
        until = days.until if days and not _is_restating(tags) else None
        is_ahead_allowed = tags.get(AHEAD_TAG, "").lower() == "true"
        return open_session(
            project, as_of=as_of, until=until, what=WHAT, is_retried=True, is_ahead_allowed=is_ahead_allowed
        )


def _is_restating(tags: Mapping[str, str]) -> bool:
    return tags.get(RESTATE_TAG, "").lower() == "true"


def _steps(is_restating: bool) -> tuple[Step, ...]:
    if not is_restating:
        return STEPS
    from rr_pipeline.runs.backfill import RESTATE_STEPS

    return RESTATE_STEPS


def _restate(session: Session, days: Days | None) -> str:
    from rr_pipeline.runs.backfill import restate

    if days is None:
        raise RefusedError(f"{RESTATE_TAG}: choose the days to decide again; there is no first one in this run.")
    restate(session, date.fromisoformat(days.first))
    return f"deciding again everything from {days.first} on, up to what is final"


def _conclude(session: Session, found: Found) -> tuple[RunReport, str]:
    from rr_pipeline.runs.backfill import conclude

    done = conclude(session, found)
    changed = f"{done.superseded} decisions superseded, {done.items_changed} items end otherwise"
    return done.run, f"decided again from {done.from_date}: {changed}"


def _look_back(session: Session, days: Days | None) -> str:
    if days is None:
        return ""
    if is_finished(session, days.until):
        return refuse_changes(session, days.first, days.last)
    if days.first != days.last and session.frontier is not None:
        return (
            f"what is final up to {session.frontier:%Y-%m-%dT%H:%M:%SZ} stays; to decide {days.first} again, "
            f'run this backfill with the tag {RESTATE_TAG}: "true"'
        )
    return ""


@contextmanager
def _told() -> Iterator[None]:
    # Dagster keeps the text of exceptions for ever, and libraries put cells into theirs.
    try:
        yield
    except StoppedError:
        # What the signal interrupted says nothing; Dagster has words of its own for runs that are stopped.
        raise dg.DagsterExecutionInterruptedError from None
    except RunError as error:
        raise _failure(error) from None
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(frame.filename).name}:{frame.lineno}"
        raise dg.Failure(f"internal error: {type(error).__name__} at {where}; everything was rolled back") from None


def _failure(error: RunError) -> dg.Failure:
    return dg.Failure(str(error), metadata={"exit_code": int(error.exit_code)})


def column_schema(session: Session, table: str) -> dg.TableSchema:
    """Columns of a table with their types and, where the contract has them, their meanings."""
    schema, _, name = table.partition(".")
    rows: list[Any] = session.con.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where (schema_name = ? and table_name = ?) order by column_index",
        [schema or "main", name or schema],
    ).fetchall()
    return dg.TableSchema([dg.TableColumn(column, kind.lower(), description=text) for column, kind, text in rows])
