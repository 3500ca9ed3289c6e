"""A warehouse whose end is missing is refused; one whose end the database itself cut off is not."""

import os

import pytest

from rr_pipeline.errors import RefusedError
from rr_pipeline.warehouse import connection, open_warehouse
from rr_pipeline.warehouse.connection import BLOCK_BYTES
from rr_pipeline.warehouse.left import note_left

HEADERS = 3 * 4096


@pytest.fixture
def opened(tmp_path):
    """Opens the same file again and again."""
    options = {"memory_limit": None, "threads": 1, "spill": tmp_path / "spill"}
    return lambda: open_warehouse(tmp_path / "warehouse.duckdb", tmp_path / "published", **options)


def last_block(con):
    """The last block that holds something: data, or what the database knows of its tables."""
    found = con.execute("select max(block_id) from pragma_storage_info('raw.kept')").fetchall()
    return max(found[0][0], con.execute("select max(block_id) from pragma_metadata_info()").fetchall()[0][0])


def test_blocks_that_hold_nothing_may_be_missing_and_others_may_not(opened, tmp_path):
    path = tmp_path / "warehouse.duckdb"
    con = opened()
    con.execute('create table raw."kept" as select range as i, hash(range) as h from range(100000)')
    con.close()
    shorter = 0
    # Tables that come and go leave blocks at the end that hold nothing; when it closes, the database cuts some off.
    for turn in range(8):
        con = opened()
        counted = "select total_blocks * block_size from pragma_database_size() where database_name = 'warehouse'"
        shorter += path.stat().st_size < con.execute(counted).fetchall()[0][0]
        con.execute("begin")
        con.execute(f"create table ops.passing_{turn} as select range as i, hash(range) as h from range(300000)")
        if turn % 2:
            con.execute(f"create or replace table ops.passing_{turn} as select 1 as i")
        if turn > 1:
            con.execute(f"drop table ops.passing_{turn - 2}")
        con.execute("commit")
        con.close()
    assert shorter
    con = opened()
    assert con.execute("select count(*), count(distinct h) from raw.kept").fetchall() == [(100000, 100000)]
    whole = HEADERS + (last_block(con) + 1) * BLOCK_BYTES
    con.close()
    os.truncate(path, whole - BLOCK_BYTES)
    with pytest.raises(RefusedError, match="WAREHOUSE_DAMAGED"):
        opened()


def test_a_file_that_nobody_has_touched_since_it_was_closed_is_not_looked_through(opened, tmp_path, monkeypatch):
    path = tmp_path / "warehouse.duckdb"
    opened().close()
    note_left(path)
    monkeypatch.setattr(connection, "_refuse_cut", None)
    opened().close()  # the engine touches the file only where something was written
    os.truncate(path, path.stat().st_size)
    with pytest.raises(TypeError, match="NoneType"):
        opened()
