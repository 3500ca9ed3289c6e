"""The SQL files: headers in order, and (elsewhere) equal to the tables that come out."""

import re

import pytest

from rr_pipeline.shipped import sql_folder
from rr_pipeline.warehouse.sql_files import parse_sql

FILES = sorted(path for path in sql_folder().rglob("*.sql"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_header_is_a_contract(path):
    sql = parse_sql(path.read_text(encoding="utf-8"), path.name)
    assert sql.description.endswith(".")
    assert sql.statement
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
