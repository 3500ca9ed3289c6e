"""Great Expectations on the run's own DuckDB connection: which rules of a suite hold.

Belongs here: all that knows Great Expectations. Does not belong here: which rows fail (``rules_sql``). Its stock SQL
data source reports every expectation on DuckDB as failed instead of raising; hence the two small subclasses below,
and hence an errored check is raised here, never reported as failed.
"""

from __future__ import annotations

import gc
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from types import SimpleNamespace
from typing import Any, Literal

import duckdb

from rr_pipeline.errors import RunError
from rr_pipeline.quality.suites import Suite
from rr_pipeline.warehouse import lacking

_LOCK = threading.Lock()


def preload() -> threading.Thread:
    """Import Great Expectations in a background thread and return the thread; no need to join it.

    The import takes about 3 s of one core. Call this when a run starts, so that it happens while files are read.
    ``run_suite`` waits for it, and imports by itself when nobody called this. The interpreter waits too before it ends:
    taken down amid an import a process may abort, and then its exit code is not the run's.
    """
    # What is to happen at the end of threads can be noted only while the main thread lives; the import may outlive it.
    import concurrent.futures.thread  # noqa: F401

    thread = threading.Thread(target=_preload, name="rr-pipeline-preload-gx", daemon=False)
    thread.start()
    return thread


def verdicts(
    con: duckdb.DuckDBPyConnection, suite: Suite, table: str, parameters: Mapping[str, Any]
) -> dict[str, bool]:
    """Run a whole suite in one validation; {rule: holds}.

    Raises RunError when Great Expectations could not read or run an expectation. Its own message is left out: it may
    quote a cell.
    """
    with _LOCK:
        source = _source()
        try:
            source.use(con, table)
            asset = source.table_asset(table)
            batch = asset.get_batch(asset.build_batch_request())
            with _remembered_configurations():
                result = batch.validate(
                    _gx_suite(suite), result_format="BOOLEAN_ONLY", expectation_parameters=dict(parameters)
                )
        except RunError:
            raise
        except Exception as error:
            if lack := lacking(error, f"suite {suite.name}"):
                raise lack from None
            raise RunError(f"suite {suite.name} could not be run on {table}: {type(error).__name__}") from None
        finally:
            source.leave()
    return _read(suite, table, result.results)


def _read(suite: Suite, table: str, results: Any) -> dict[str, bool]:
    """{rule: holds}; raises RunError for an expectation that raised, or that got lost on the way."""
    holds: dict[str, bool] = {}
    for result in results:
        rule = result.expectation_config.meta["rule"]
        information = result.exception_info or {}
        nested = [entry for entry in information.values() if isinstance(entry, dict)]
        if any(entry.get("raised_exception") for entry in [information, *nested]) or result.success is None:
            lacks = [lack for entry in [information, *nested] if (lack := _lack_in(entry, suite))]
            raise (
                lacks[0]
                if lacks
                else RunError(f"suite {suite.name}, rule {rule}: the check could not be run on {table}")
            )
        holds[rule] = bool(result.success)
    if lost := sorted({rule.rule for rule in suite.rules} - set(holds)):
        raise RunError(f"suite {suite.name}: Great Expectations did not run {lost}")
    return holds


def _lack_in(entry: Mapping[str, Any], suite: Suite) -> RunError | None:
    # Great Expectations keeps the text of the engine's error alone, within words of its own.
    said = str(entry.get("exception_message"))
    at = said.find("Out of Memory Error")
    return lacking(duckdb.OutOfMemoryException(said[at:]), f"suite {suite.name}") if at >= 0 else None


def _gx_suite(suite: Suite) -> Any:
    """The suite as Great Expectations reads it. It drops an expectation it cannot read; we do not."""
    from great_expectations import ExpectationSuite

    read = ExpectationSuite(**suite.content)
    if len(read.expectations) != len(suite.rules):
        kept = {(expectation.meta or {}).get("rule") for expectation in read.expectations}
        lost = [rule.rule for rule in suite.rules if rule.rule not in kept]
        raise RunError(f"suite {suite.name}: Great Expectations does not understand the rules {lost}")
    return read


def _preload() -> None:
    # Where it cannot be imported, whoever needs it is told so: imports that failed are made again.
    with _LOCK, suppress(Exception):
        _source()


@contextmanager
def _remembered_configurations() -> Iterator[None]:
    """Let an expectation put its configuration together once in the block.

    Nothing changes an expectation while it is validated, and it is asked some fifty times: half of a validation.
    """
    from great_expectations.expectations.expectation import Expectation

    made: dict[int, tuple[Any, Any]] = {}
    usual = Expectation.configuration

    def configuration(self: Any) -> Any:
        # The expectation is kept as well, so that no other one gets its number.
        if id(self) not in made:
            made[id(self)] = (self, usual.fget(self))
        return made[id(self)][1]

    Expectation.configuration = property(configuration)
    try:
        yield
    finally:
        Expectation.configuration = usual


@cache
def _source() -> Any:
    """The one data source of this process, in a context in memory: nothing is written to disk, nothing is sent."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It logs queries and errors with their values; what a user must know is raised.
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL + 1)
    with _objects_that_stay():
        import great_expectations as gx

        _define_datasource()
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        return context.data_sources.add_rr_duckdb(name="run")


@contextmanager
def _objects_that_stay() -> Iterator[None]:
    """Do not look for garbage in the block, and never among what it made.

    The import makes a million objects, and all of them stay: looking through them again and again took 0.7 CPU s of a
    run of ten rows.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_enabled:
            gc.enable()


def _engine_class() -> Any:
    """The execution engine on a connection that is already there."""
    from great_expectations.execution_engine import SqlAlchemyExecutionEngine

    class RunEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
        """Keeps one connection for its life: the run's."""

        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self._connection: Any = None
            # It picks the SQL of a regex by what the dialect's module is called; this name gives REGEXP_MATCHES.
            self.dialect_module = SimpleNamespace(DremioDialect=type(self.engine.dialect))

        @contextmanager
        def get_connection(self) -> Any:
            if self._connection is None:
                self._connection = self.engine.connect()
            yield self._connection

    return RunEngine


def _define_datasource() -> None:
    """Define the data source; defining it adds it to Great Expectations under its type's name."""
    from great_expectations.compatibility import pydantic
    from great_expectations.datasource.fluent import SQLDatasource

    from rr_pipeline.quality.dialect import guest_engine

    engine_class = _engine_class()

    class RunDatasource(SQLDatasource):  # type: ignore[misc]
        """A data source over a connection that is lent to it by ``use`` and given back by ``leave``."""

        type: Literal["rr_duckdb"] = "rr_duckdb"
        connection_string: str = "rr_duckdb://"
        _lent: Any = pydantic.PrivateAttr(None)
        _lent_schema: Any = pydantic.PrivateAttr(None)

        @property
        def schema_(self) -> str | None:
            return self._lent_schema  # type: ignore[no-any-return]

        def use(self, con: duckdb.DuckDBPyConnection, table: str) -> None:
            self._lent = engine_class(engine=guest_engine(con), create_temp_table=False)
            self._lent_schema = table.rsplit(".", 1)[0] if "." in table else None

        def leave(self) -> None:
            self._lent = None

        def table_asset(self, table: str) -> Any:
            """The asset of a table, the same each time: adding one again writes all of them as YAML, twice."""
            for known in self.assets:
                if known.name == table:
                    return known
            asset = self._TableAsset(name=table, table_name=f'"{table.rsplit(".", 1)[-1]}"', schema_name=self.schema_)
            asset._datasource = self
            self.assets.append(asset)
            return asset

        @property
        def execution_engine_type(self) -> Any:
            return engine_class

        def test_connection(self, test_assets: bool = True) -> None:
            """Nothing to test: the run's connection is in use already."""

        def get_engine(self) -> Any:
            return self._lent.engine

        def get_execution_engine(self) -> Any:
            return self._lent
