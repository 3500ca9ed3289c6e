"""The SQL files: headers in order, and (elsewhere) equal to the tables that come out."""

import re

import duckdb
import pyarrow as pa
import pytest

from rr_pipeline.shipped import sql_folder
from rr_pipeline.warehouse import sql_files
from rr_pipeline.warehouse.sql_files import lend_temp, parse_sql

FILES = sorted(path for path in sql_folder().rglob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_header_is_a_contract(path):
    sql = parse_sql(path.read_text(encoding="utf-8"), path.name)
    assert sql.description.endswith(".")
    assert bool(sql.statement) == (sql.kind != "generated")
    assert sql.grain or sql.kind in ("check", "change", "macro")
    assert bool(sql.into) == (sql.kind in ("rows", "change"))
    assert bool(sql.step) == (sql.kind in ("rows", "change", "query"))
    if sql.kind in ("table", "rebuilt", "view"):
        assert sql.grain, "the grain is missing"
        assert sql.columns, "the columns are missing"
        assert sql.name == f"{path.parent.name}.{path.stem}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_one_statement_a_file(path):
    sql = parse_sql(path.read_text(encoding="utf-8"), path.name)
    if sql.kind != "macro" and "macros" not in path.stem:
        bare = re.sub(r"'[^']*'", "", re.sub(r"--[^\n]*", "", sql.statement))
        assert ";" not in bare


def test_header_that_is_not_in_order_names_the_file():
    with pytest.raises(ValueError, match=r"wrong\.sql"):
        parse_sql("select 1", "wrong.sql")


FULL = """-- int_<kind>_parts: the parts of something,
-- that are many.
-- kind: temp view
-- grain: one row per part
-- key: part_id, place
-- by: key(part_id)
-- columns as: the thing itself
select <kind>_id as part_id from <kind>s
-- until <kind>s is there:
select null as part_id where false"""


def test_header_fields_are_read():
    sql = parse_sql(FULL.replace("until <kind>s", "until marts.fct_items"), "full.sql")
    assert (sql.name, sql.description) == ("int_<kind>_parts", "the parts of something, that are many.")
    assert (sql.key, sql.by, sql.columns_as) == (("part_id", "place"), "key(part_id)", "the thing itself")
    assert sql.statement == "select <kind>_id as part_id from <kind>s"
    assert (sql.needed, sql.until_then) == ("marts.fct_items", "select null as part_id where false")


def test_words_of_a_name_stand_for_several_tables():
    sql = parse_sql(FULL, "full.sql").of(kind="car")
    assert sql.name == "int_car_parts"
    assert sql.statement.startswith("select car_id as part_id from cars")


def test_rows_of_code_are_lent_to_a_temporary_table(monkeypatch):
    made = parse_sql("-- doubled: twice the rows.\n-- kind: temp\nselect 2 * a as b from lent", "doubled.sql")
    monkeypatch.setattr(sql_files, "read_sql", lambda *_: made)
    with duckdb.connect() as con:
        lend_temp(con, "any", "doubled", pa.table({"a": [1, 2]}))
        assert con.execute("from doubled order by b").fetchall() == [(2,), (4,)]
