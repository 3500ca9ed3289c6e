"""The one Dagster resource: a run of the project, held open over the assets of a job.

Dagster only: it opens the very session the command line opens, so that every asset of one job works in one
transaction. It therefore needs the in-process executor, which ``definitions`` sets.
"""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import PrivateAttr

from rr_pipeline.config import load_project
from rr_pipeline.errors import RunError
from rr_pipeline.pipeline.report import RunReport
from rr_pipeline.pipeline.run import STEPS, finish, perform, preload
from rr_pipeline.pipeline.session import Session, open_session

AS_OF_TAG = "rr_pipeline/as_of"
"""Run tag with the instant of the run: a retried run decides as of the same instant as the first try."""


class RoutingRun(dg.ConfigurableResource):  # type: ignore[type-arg]
    """A run of the project in ``folder``; the steps must come in their order, each once."""

    folder: str

    _session: Session | None = PrivateAttr(default=None)
    _stack: ExitStack = PrivateAttr(default_factory=ExitStack)
    _done: int = PrivateAttr(default=0)
    _as_of: str | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[RoutingRun]:
        """Roll back, at the end of the Dagster run, whatever was not published by it."""
        self._as_of = context.run.tags.get(AS_OF_TAG) if context.run else None
        preload()
        with ExitStack() as stack:
            self._stack, self._session, self._done = stack, None, 0
            yield self

    def step(self, name: str, until: datetime | None) -> Session:
        """Perform the step and return the session for its metadata.

        ``until`` is the last instant of the partition: nothing created after it is decided. Raises dagster.Failure,
        with
        a text free of cell values, for whatever goes wrong.
        """
        if STEPS[self._done].name != name:
            raise dg.Failure(
                f"{name} follows {STEPS[self._done - 1].name if self._done else 'nothing yet'}: the assets of a run "
                "are decided in one transaction. Materialise all of them together (job rr_pipeline)."
            )
        with _told():
            if self._session is None:
                self._session = self._open(until)
            perform(self._session, STEPS[self._done])
        self._done += 1
        return self._session

    def publish(self) -> tuple[Session, RunReport]:
        """Commit and publish what the steps did."""
        if self._session is None or self._done < len(STEPS):
            raise dg.Failure("there is nothing to publish yet: materialise all assets of the run (job rr_pipeline).")
        with _told():
            return self._session, finish(self._session)

    def _open(self, until: datetime | None) -> Session:
        project = load_project(Path(self.folder))
        as_of = datetime.fromisoformat(self._as_of).astimezone(UTC) if self._as_of else None
        session = open_session(project, as_of=as_of, until=until, what="dagster")
        return self._stack.enter_context(session)


@contextmanager
def _told() -> Iterator[None]:
    # Dagster keeps the text of exceptions for ever, and libraries put cells into theirs.
    try:
        yield
    except RunError as error:
        raise dg.Failure(str(error), metadata={"exit_code": int(error.exit_code)}) from None
    except Exception as error:
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
