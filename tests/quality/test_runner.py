"""Running a suite: counts per source and code, what stops a run, and what is recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from rr_pipeline.errors import InvariantError, RefusedError, RunError
from rr_pipeline.quality import SourceCount, Suite, load_suites, record, run_rates, run_suite
from rr_pipeline.quality import runner as runner_module
from rr_pipeline.shipped import expectations_folder

Make = Callable[..., Any]
ONE = {"min_row_count": 1}


@pytest.fixture
def coded(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> Suite:
    con.execute(
        """
        create temp table coded as from (values
            ('web', 'a', null), ('web', 'b', 'ID_MANGLED'), ('web', null, 'ID_MISSING'), ('web', null, 'ID_MISSING'),
            ('shop', 'c', null), ('shop', null, null)
        ) as t (source, item_id, id_code)
        """
    )
    code = {"column": "id_code", "field": "item_id", "code_from": "id_code"}
    null = expect("expect_column_values_to_be_null", rule="usable", **code)
    length = expect("expect_column_value_lengths_to_be_between", "warn", column="item_id", rule="short", max_value=9)
    return make_suite(null, length)


def test_counts_are_per_source_and_code(con: duckdb.DuckDBPyConnection, coded: Suite) -> None:
    result = run_suite(con, coded, "coded", ONE)
    usable, short = result.rules[1:]
    assert (result.row_count, usable.checked_count, usable.failed_count, usable.column) == (6, 6, 3, "item_id")
    assert usable.counts == (
        SourceCount("shop", "BAD", 2, 0),
        SourceCount("web", "ID_MANGLED", 4, 1),
        SourceCount("web", "ID_MISSING", 4, 2),
    )
    assert (short.checked_count, short.failed_count) == (3, 0), "nulls are not counted as checked"


def test_record_writes_rules_and_the_codes_found(con: duckdb.DuckDBPyConnection, coded: Suite) -> None:
    written = record(con, [run_suite(con, coded, "coded", ONE)], "run-1")
    rows = con.execute("select source, rule, code, checked_count, failed_count from ops.quality_results").fetchall()
    assert written == len(rows) == 1 + 2 + 2
    assert ("web", "usable", "BAD", 4, 3) in rows
    assert (None, "row_count_floor", "ROWS_MISSING", 6, 0) in rows
    codes = con.execute("select source, rule, code, failed_count from ops.quality_codes order by code").fetchall()
    assert codes == [("web", "usable", "ID_MANGLED", 1), ("web", "usable", "ID_MISSING", 2)]
    assert record(con, [], "run-1") == 0


def test_an_empty_table_does_not_pass_unless_that_is_expected(con: duckdb.DuckDBPyConnection, coded: Suite) -> None:
    con.execute("delete from coded")
    with pytest.raises(RefusedError, match="ROWS_MISSING"):
        run_suite(con, coded, "coded", {})
    result = run_suite(con, coded, "coded", {"min_row_count": 0})
    assert [rule.checked_count for rule in result.rules] == [0, 0, 0]
    assert record(con, [result], "run-1") == 3


def test_stop_can_be_left_to_the_caller(con: duckdb.DuckDBPyConnection, coded: Suite) -> None:
    result = run_suite(con, coded, "coded", {"min_row_count": 7}, stop=False)
    assert [rule.rule for rule in result.stopping] == ["row_count_floor"]
    assert [str(problem) for problem in result.stops] == [
        "file=coded row=- field=- code=ROWS_MISSING: Wrong. (1 of 6.) Fix it."
    ]


def test_a_broken_table_of_ours_is_an_invariant(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> None:
    con.execute("create temp table out as select 1 as seq union all select 1")
    suite = make_suite(expect("expect_column_values_to_be_unique", "stop", column="seq"), is_published=True)
    with pytest.raises(InvariantError, match="code=BAD"):
        run_suite(con, suite, "out", ONE)


def test_disagreement_with_the_sql_is_an_invariant(
    con: duckdb.DuckDBPyConnection, coded: Suite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner_module, "verdicts", lambda *_: {rule.rule: True for rule in coded.rules})
    with pytest.raises(InvariantError, match=r"usable: Great Expectations says it holds, SQL counts 3"):
        run_suite(con, coded, "coded", ONE)


def test_a_missing_table_column_or_parameter_is_named(con: duckdb.DuckDBPyConnection, coded: Suite) -> None:
    con.execute("create temp table refused_rates as select 'web' as source, 0.5 as refused_share")
    with pytest.raises(RunError, match="max_quarantine_rate"):
        run_suite(con, load_suites(expectations_folder())["refused_rates"], "refused_rates", {})
    con.execute("alter table coded rename column id_code to id_cod")
    with pytest.raises(RunError, match=r"no column 'id_code'. Did you mean 'id_cod'"):
        run_suite(con, coded, "coded", ONE)
    with pytest.raises(RunError, match="no table nowhere"):
        run_suite(con, coded, "nowhere", ONE)


@pytest.mark.parametrize(("delivered", "refused", "stops"), [(100, 51, True), (100, 50, False), (99, 99, False)])
def test_too_many_refused_rows_stop_the_run(
    con: duckdb.DuckDBPyConnection, delivered: int, refused: int, stops: bool
) -> None:
    con.execute(f"insert into ops.ingested_files values (1, 'web', 'w.csv', {delivered}, 'r'), (2, 'old', 'o', 1, 'q')")
    rows = f"select 'r' as run_id, 'web' as source, 1 as file_id, i as row_number from range({refused}) as t (i)"
    for _ in range(2):  # a second rule per row counts no row twice
        con.execute(f"insert into ops.quarantine by name {rows}")
    suite = load_suites(expectations_folder())["refused_rates"]
    parameters = {"min_row_count": 1, "max_quarantine_rate": 0.5}
    result = run_rates(con, suite, "r", parameters, stop=False)
    assert (result.row_count, bool(result.stopping)) == (1, stops)
    if stops:
        with pytest.raises(RefusedError, match="QUARANTINE_RATE"):
            run_rates(con, suite, "r", parameters)
