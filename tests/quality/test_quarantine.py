"""Rows set aside: one row per refused row and rule, never the cell itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import duckdb
import pytest

from rr_pipeline.errors import RunError
from rr_pipeline.quality import Suite, refuse

Make = Callable[..., Any]


@pytest.fixture
def suite(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> Suite:
    con.execute("insert into ops.ingested_files values (7, 'web', 'web leads.csv', 4, 'r')")
    con.execute(
        """
        create temp table rows_in as from (values
            (7, 1, 'web', 'fine', null, 3, null),
            (7, 2, 'web', 'smörgås', 'ID_MANGLED', 9, '1,5E+9'),
            (7, 3, 'web', null, 'ID_OTHER', 3, null),
            (7, 4, 'web', 'late', null, 9, null)
        ) as t (file_id, row_number, source, item_id, id_code, size, size_text)
        """
    )
    return make_suite(
        expect(
            "expect_column_values_to_be_null",
            rule="usable",
            code="ID_INVALID",
            column="id_code",
            field="item_id",
            code_from="id_code",
            fixes={"ID_MANGLED": "Mangled. Export text."},
        ),
        expect("expect_column_values_to_be_between", rule="small", code="SIZE", column="size", max_value=5),
        expect("expect_column_values_to_not_be_null", "warn", rule="warned", column="size_text"),
        key="item_id",
    )


def keyed(value: str) -> str:
    return hashlib.sha256(f"key{value}".encode()).hexdigest()[:16]


def test_each_row_and_rule_is_written_once(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    assert refuse(con, suite, "rows_in", "r", {"min_row_count": 1}, "key") == 3
    rows = con.execute("select * exclude (run_id, source, file_id, file_name, suite) from ops.quarantine").fetchall()
    assert rows == [
        (2, "smörgås", "usable", "ID_MANGLED", "item_id", 7, keyed("smörgås"), "Mangled. Export text."),
        (2, "smörgås", "small", "SIZE", "size", 6, keyed("1,5E+9"), "Wrong. Fix it."),
        (3, None, "usable", "ID_OTHER", "item_id", None, None, "Wrong. Fix it."),
        (4, "late", "small", "SIZE", "size", None, None, "Wrong. Fix it."),
    ]
    places = con.execute("select distinct run_id, source, file_id, file_name, suite from ops.quarantine").fetchall()
    assert places == [("r", "web", 7, "web leads.csv", "made")]


def test_the_first_failing_rule_names_the_row(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    refuse(con, suite, "rows_in", "r", {"min_row_count": 1}, "key")
    rows = con.execute("select row_number, rule, code from refused_rows").fetchall()
    assert rows == [(2, "usable", "ID_MANGLED"), (3, "usable", "ID_OTHER"), (4, "small", "SIZE")]
    assert con.execute("select count(*) from rows_in").fetchone() == (4,), "the rows stay where they are"


def test_tables_share_the_list_of_refused_rows(con: duckdb.DuckDBPyConnection, suite: Suite) -> None:
    refuse(con, suite, "rows_in", "r", {"min_row_count": 1}, "key")
    con.execute("create temp table more as select * replace (8 as file_id) from rows_in")
    assert refuse(con, suite, "more", "r", {"min_row_count": 1}, "key") == 3
    counts = con.execute("select file_id, count(*) from refused_rows group by 1 order by 1").fetchall()
    assert counts == [(7, 3), (8, 3)]


def test_no_text_of_a_suite_is_run_as_sql(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> None:
    con.execute('create temp table t as select 1 as file_id, 1 as row_number, \'x\' as "it\'s ""a"""')
    nasty = "'); drop table t; --"
    rule = expect("expect_column_values_to_be_in_set", column='it\'s "a"', value_set=[nasty], code="BAD")
    rule["meta"] |= {"description": nasty, "fix": nasty}
    assert refuse(con, make_suite(rule), "t", nasty, {"min_row_count": 1}, nasty) == 1
    written = con.execute("select run_id, source, message from ops.quarantine").fetchall()
    assert written == [(nasty, None, f"{nasty} {nasty}")]


def test_a_suite_without_quarantine_rules_refuses_nothing(
    con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make
) -> None:
    con.execute("create temp table t as select 1 as file_id, 1 as row_number, null as a")
    warned = make_suite(expect("expect_column_values_to_not_be_null", "warn", column="a"))
    assert refuse(con, warned, "t", "r", {"min_row_count": 1}, "key") == 0
    assert con.execute("select count(*) from refused_rows").fetchone() == (0,)


def test_an_error_does_not_quote_the_cell(con: duckdb.DuckDBPyConnection, make_suite: Make, expect: Make) -> None:
    con.execute("create temp table t as select 1 as file_id, 1 as row_number, 'secret-cell' as a")
    suite = make_suite(expect("expect_column_values_to_be_in_set", column="a", value_set=[1]))
    with pytest.raises(RunError) as raised:
        refuse(con, suite, "t", "r", {"min_row_count": 1}, "key")
    assert "secret" not in str(raised.value)
