"""Rows lent to a statement: read once, and gone afterwards, whatever the transaction keeps."""

import gc
import weakref

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from rr_pipeline.warehouse import lend


@pytest.fixture
def con():
    with duckdb.connect() as con:
        con.execute("begin")
        yield con


def table_of(count):
    """A table of one column, and a way to tell whether its memory is still held."""
    watched = np.arange(count)
    array = pa.Array.from_buffers(pa.int64(), count, [None, pa.py_buffer(watched)])
    return pa.table({"number": array}), weakref.ref(watched)


def test_rows_come_whole_and_in_order(con):
    table, _ = table_of(300_000)
    with lend(con, "rows", table):
        con.execute("create table t as from rows")
    stored = con.sql("select number from t").fetchnumpy()["number"]
    assert (stored == np.arange(300_000)).all()


def test_the_transaction_keeps_no_memory_of_them(con):
    table, watched = table_of(1000)
    with lend(con, "rows", table):
        con.execute("create table t as from rows")
    del table
    gc.collect()
    assert watched() is None
    con.execute("rollback")


def test_what_was_not_read_is_given_back_too(con):
    table, watched = table_of(1000)
    with pytest.raises(duckdb.Error), lend(con, "rows", table):
        con.execute("select no_such_column from rows")
    del table
    gc.collect()
    assert watched() is None


def test_a_name_may_be_lent_again(con):
    con.execute("create table t (number bigint)")
    for _ in range(3):
        with lend(con, "rows", table_of(10)[0]):
            con.execute("insert into t from rows")
    assert con.execute("select count(*) from t").fetchall() == [(30,)]
