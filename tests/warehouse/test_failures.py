"""What real errors of the engine are taken for."""

import duckdb
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from rr_pipeline.errors import Exit
from rr_pipeline.warehouse import lacking, plainly

BIG = "create table big as select hash(range)::varchar || range as cell from range(2_000_000) order by cell"


def error_of(tmp_path, *settings):
    with duckdb.connect() as con:
        for setting in ("memory_limit = '20MB'", "threads = 1", f"temp_directory = '{tmp_path}'", *settings):
            con.execute(f"set {setting}")
        with pytest.raises(duckdb.Error) as caught:
            con.execute(BIG)
    return caught.value


def test_too_little_memory_and_a_full_spill_folder_are_told_apart(tmp_path):
    full = lacking(error_of(tmp_path, "max_temp_directory_size = '1MB'"), "suite x")
    short = lacking(error_of(tmp_path, "memory_limit = '1MB'"))
    assert (full.exit_code, short.exit_code) == (Exit.RESOURCES, Exit.RESOURCES)
    assert str(full).startswith("the disk is full: .rr_spill/ in the project has no room for what does not fit")
    assert "(suite x)" in str(full)
    assert str(short).startswith("memory ran out; everything was rolled back. Raise engine.memory_limit.")


def test_errors_that_sqlalchemy_has_wrapped_are_the_same(tmp_path):
    with create_engine("duckdb:///:memory:").connect() as con:
        for setting in ("memory_limit = '20MB'", "threads = 1", f"temp_directory = '{tmp_path}'"):
            con.execute(text(f"set {setting}"))
        con.execute(text("set max_temp_directory_size = '1MB'"))
        with pytest.raises(SQLAlchemyError) as caught:
            con.execute(text(BIG))
    assert lacking(caught.value).exit_code == Exit.RESOURCES


def test_other_errors_are_not_the_machines(tmp_path):
    with duckdb.connect() as con, pytest.raises(duckdb.ConversionException) as caught:
        con.execute("select cast('Out of Memory Error: failed to offload, no space' as integer)")
    assert lacking(caught.value) is None
    assert plainly(caught.value, tmp_path / "warehouse.duckdb") is None
    assert lacking(ValueError("no space left")) is None
