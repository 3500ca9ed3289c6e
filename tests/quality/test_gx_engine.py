"""Great Expectations as a guest on the run's connection: it must see all, change nothing, send and print nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.quality import Suite, preload, run_suite
from rr_pipeline.quality.gx_engine import verdicts

ROOT = Path(__file__).resolve().parents[2]
NOT_NULL = "expect_column_values_to_not_be_null"
Make = Callable[..., Any]


@pytest.fixture
def suite(make_suite: Make, expect: Make) -> Suite:
    return make_suite(expect(NOT_NULL, column="a"), expect("expect_column_values_to_be_unique", column="a"))


@pytest.mark.parametrize("table", ["plain", "rooms.inner", "shown"])
def test_sees_uncommitted_rows_and_leaves_the_transaction_open(tmp_path: Path, suite: Suite, table: str) -> None:
    path = tmp_path / "w.duckdb"
    with duckdb.connect(path) as con:
        con.execute("create table before as select 1 as a")
        con.execute("begin")
        con.execute("create temp table plain as select 1 as a union all select null")
        con.execute("create schema rooms")
        con.execute('create table rooms."inner" as from plain')
        con.execute("create view shown as from rooms.inner")
        assert verdicts(con, suite, table, {"min_row_count": 1})[suite.rules[1].rule] is False
        con.execute("rollback")  # raises where somebody committed or rolled back
        assert con.execute("select table_name from duckdb_tables() order by 1").fetchall() == [("before",)]


def test_leaves_no_table_behind(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    con.execute("create temp table plain as select 1 as a")
    before = con.execute("select table_name from duckdb_tables() order by 1").fetchall()
    run_suite(con, suite, "plain", {"min_row_count": 1})
    assert con.execute("select table_name from duckdb_tables() order by 1").fetchall() == before


def test_a_check_that_errs_is_raised_without_the_cell(
    con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make
) -> None:
    con.execute("create temp table held as select 'secret-cell' as a")
    suite = make_suite(expect("expect_column_values_to_be_in_set", column="a", value_set=[1]))
    for run in (verdicts, run_suite):
        with pytest.raises(RunError) as raised:
            run(con, suite, "held", {"min_row_count": 1})
        assert "secret-cell" not in str(raised.value)
        assert raised.value.__cause__ is None
        assert raised.value.__suppress_context__ or raised.value.__context__ is None
        con.execute("rollback")
        con.execute("begin")
        con.execute("create temp table held as select 'secret-cell' as a")


def test_an_expectation_that_great_expectations_drops_is_raised(
    con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make
) -> None:
    con.execute("create temp table held as select 1 as a")
    good = make_suite(expect(NOT_NULL, column="a"))
    broken = {"type": NOT_NULL, "kwargs": {"column": 3.5, "mostly": 7}, "meta": good.content["expectations"][1]["meta"]}
    content = good.content | {"expectations": [good.content["expectations"][0], broken]}
    bad = Suite(good.name, None, False, good.rules, content)
    with pytest.raises(RunError):
        verdicts(con, bad, "held", {"min_row_count": 1})


def test_one_validation_and_few_queries(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> None:
    """All rules about single columns are answered by one scan; a query a rule would cost a scan each."""
    columns = [f"c{place}" for place in range(12)]
    con.execute("create temp table wide as select " + ", ".join(f"1 as {name}" for name in columns))
    suite = make_suite(*(expect(NOT_NULL, rule=f"there_{name}", column=name) for name in columns))
    seen = _Counting(con)
    verdicts(seen, suite, "wide", {"min_row_count": 1})  # type: ignore[arg-type]
    assert len(seen.queries) <= 4, seen.queries


class _Counting:
    """A connection that remembers what it was asked."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con
        self.queries: list[str] = []

    def execute(self, query: str, *values: Any) -> Any:
        self.queries.append(query)
        return self.con.execute(query, *values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.con, name)


def test_preload_can_be_called_twice() -> None:
    threads = [preload(), preload()]
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


ENDS_AT_ONCE = """
    import sys, time
    from rr_pipeline.quality import gx_engine, preload
    really = gx_engine._source
    def slowly():
        time.sleep(1)
        print(type(really()).__name__, flush=True)
    gx_engine._source = slowly
    preload()
    sys.exit(65)
"""


def test_a_process_that_ends_amid_the_import_waits_for_it_and_keeps_its_exit_code() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ENDS_AT_ONCE)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stderr) == (65, "")
    assert done.stdout.strip()


QUIET = """
    import socket, sys
    def refuse(*_, **__):
        raise AssertionError("network")
    socket.socket.connect = socket.getaddrinfo = refuse
    import duckdb
    from rr_pipeline.quality import load_suites, preload, run_suite
    from rr_pipeline.shipped import expectations_folder
    assert not [name for name in sys.modules if name.startswith(("great_expectations", "sqlalchemy"))]
    preload()
    con = duckdb.connect()
    con.execute("begin; create temp table refused_rates as select 'a' as source, 0.9 as refused_share")
    suite = load_suites(expectations_folder())["refused_rates"]
    result = run_suite(con, suite, "refused_rates", {"min_row_count": 1, "max_quarantine_rate": 0.5}, stop=False)
    assert [rule.failed_count for rule in result.rules] == [0, 1]
"""


def test_nothing_printed_written_or_sent(tmp_path: Path) -> None:
    """In a process of its own, with an empty home: Great Expectations has been known to leave an id there."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(QUIET)],
        cwd=tmp_path,
        env={
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(tmp_path.rglob("*")) == []
