"""Tables made and filled in one transaction keep every row."""

import duckdb
import pytest

from rr_pipeline.warehouse.sql_files import create_empty

SELECT = "select i::bigint as item_seq, if(i % 1000 = 0, 'E', null) as code, [i::varchar] as needs from source"


@pytest.mark.parametrize("ordered", ["", " order by item_seq"])
def test_a_large_insert_into_a_new_table_of_the_same_transaction_is_whole(tmp_path, ordered):
    with duckdb.connect() as con:
        con.execute("set threads = 2")
        con.execute(f"attach '{tmp_path / 'w.duckdb'}' as warehouse")
        con.execute("use warehouse")
        con.execute("create temp table source as select range as i from range(300000)")
        con.execute("begin transaction")
        create_empty(con, "items", SELECT)
        con.execute(f"insert into items {SELECT}{ordered}")
        counted = "select count(*), count(code), max(item_seq) from items"
        assert con.execute(counted).fetchall() == [(300000, 300, 299999)]
        con.execute("commit")
        assert con.execute(counted).fetchall() == [(300000, 300, 299999)]
