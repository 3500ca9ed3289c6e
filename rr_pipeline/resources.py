"""The one Dagster resource: a run of the project, held open over the assets of a job.

Dagster only: it opens the very session the command line opens, so that every asset of one job works in one
transaction. It therefore needs the in-process executor, which ``definitions`` sets.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from rr_pipeline.config import load_project
from rr_pipeline.errors import RunError
from rr_pipeline.pipeline.finished import is_finished, refuse_changes
from rr_pipeline.pipeline.report import RunReport
from rr_pipeline.pipeline.run import STEPS, Step, finish, perform, preload
from rr_pipeline.pipeline.session import Session, open_session
from rr_pipeline.warehouse import plainly

AS_OF_TAG = "rr_pipeline/as_of"
"""Run tag with the instant of the run: a retried run decides as of the same instant as the first try."""

RESTATE_TAG = "rr_pipeline/restate"
"""Run tag that says "true" where finished days are to be decided anew."""


@dataclass(frozen=True)
class Days:
    """The partitions of a run: first and last local day, and the last instant of the last one."""

    first: str
    last: str
    until: datetime


class RoutingRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A run of the project in ``folder``; the steps must come in their order, each once."""

    folder: str

    _session: Session | None = PrivateAttr(default=None)
    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)
    _done: int = PrivateAttr(default=0)
    _tags: dict[str, str] = PrivateAttr(default_factory=dict)
    _is_restating: bool = PrivateAttr(default=False)
    _note: str = PrivateAttr(default="")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RoutingRun]:
        """Roll back, at the end of the Dagster run, whatever was not published by it."""
        self._tags = dict(context.run.tags) if context.run else {}
        self._is_restating = self._tags.get(RESTATE_TAG, "").lower() == "true"
        preload()
        with ExitStack() as stack:
            self._stack, self._session, self._done, self._note = stack, None, 0, ""
            yield self

    def step(self, name: str, days: Days | None) -> Session:
        """Perform the step and return the session for its metadata.

        ``days`` are the partitions: nothing created after them is decided. Raises dagster.Failure, with a text free of
        cell values, for whatever goes wrong.
        """
        if STEPS[self._done].name != name:
            raise dg.Failure(
                f"{name} follows {STEPS[self._done - 1].name if self._done else 'nothing yet'}: the assets of a run "
                "are decided in one transaction. Materialise all of them together (job rr_pipeline)."
            )
        with self._told():
            if self._session is None:
                self._session = self._open(days)
            steps: tuple[Step, ...] = STEPS
            if self._is_restating:
                from rr_pipeline.pipeline.restate import RESTATE_STEPS

                steps = RESTATE_STEPS
            perform(self._session, steps[self._done])
        self._done += 1
        return self._session

    def publish(self) -> tuple[RunReport, str]:
        """Commit and publish what the steps did; the report, and what there is to note about the days asked for."""
        if self._session is None or self._done < len(STEPS):
            raise dg.Failure("there is nothing to publish yet: materialise all assets of the run (job rr_pipeline).")
        with self._told():
            if not self._is_restating:
                return finish(self._session), self._note
            from rr_pipeline.pipeline.restate import conclude

            done = conclude(self._session)
            changed = f"{done.superseded} decisions superseded, {done.items_changed} items end otherwise"
            return done.run, f"decided anew from {done.from_date}: {changed}"

    def _open(self, days: Days | None) -> Session:
        project = load_project(Path(self.folder))
        tag = self._tags.get(AS_OF_TAG)
        as_of = datetime.fromisoformat(tag).astimezone(UTC) if tag and not self._is_restating else None
        until = days.until if days and not self._is_restating else None
        session = self._stack.enter_context(
            open_session(project, as_of=as_of, until=until, what="dagster", is_retried=True)
        )
        self._session = session
        if self._is_restating:
            self._restate(session, days)
        elif days:
            self._look_back(session, days)
        return session

    def _restate(self, session: Session, days: Days | None) -> None:
        from rr_pipeline.pipeline.restate import restate

        if days is None:
            raise dg.Failure(f"{RESTATE_TAG}: choose the days to decide anew; there is no first one in this run.")
        dg.get_dagster_logger().info(f"deciding anew everything from {days.first} on, up to what is final")
        restate(session, date.fromisoformat(days.first))

    def _look_back(self, session: Session, days: Days) -> None:
        if is_finished(session, days.until):
            self._note = refuse_changes(session, days.first, days.last)
        elif days.first != days.last and session.frontier is not None:
            self._note = (
                f"what is final up to {session.frontier:%Y-%m-%dT%H:%M:%SZ} stays; to decide {days.first} anew, "
                f'run this backfill with the tag {RESTATE_TAG}: "true"'
            )
        if self._note:
            dg.get_dagster_logger().info(self._note)

    @contextmanager
    def _told(self) -> Iterator[None]:
        # Dagster keeps the text of exceptions for ever, and libraries put cells into theirs.
        try:
            yield
        except Exception as error:
            if self._session is not None:
                self._session.failure = self._session.failure or error
                if self._session.stops.signal is not None:
                    # What the signal interrupted says nothing; Dagster has words of its own for runs that are stopped.
                    raise dg.DagsterExecutionInterruptedError from None
            if isinstance(error, dg.Failure):
                raise
            if isinstance(error, RunError):
                raise dg.Failure(str(error), metadata={"exit_code": int(error.exit_code)}) from None
            known = plainly(error, self._session.project.warehouse) if self._session is not None else None
            if known is not None and self._session is not None:
                self._session.failure = known
                raise dg.Failure(str(known), metadata={"exit_code": int(known.exit_code)}) from None
            frame = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(frame.filename).name}:{frame.lineno}"
            raise dg.Failure(f"internal error: {type(error).__name__} at {where}; everything was rolled back") from None


def column_schema(session: Session, table: str) -> dg.TableSchema:
    """Columns of a table with their types and, where the contract has them, their meanings."""
    schema, _, name = table.partition(".")
    rows: list[Any] = session.con.execute(
        "select column_name, data_type, comment from duckdb_columns() "
        "where (schema_name = ? and table_name = ?) order by column_index",
        [schema or "main", name or schema],
    ).fetchall()
    return dg.TableSchema([dg.TableColumn(column, kind.lower(), description=text) for column, kind, text in rows])
