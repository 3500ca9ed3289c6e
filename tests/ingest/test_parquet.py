"""Parquet: every column as text, damage found before anything is loaded."""

from __future__ import annotations

import duckdb
import pytest


@pytest.fixture
def parquet_room(room, make_source):
    room.sources = (make_source(location="*.parquet", format="parquet"),)
    return room


def parquet(room, query, options=""):
    path = room.folder.parent / "made.parquet"
    duckdb.sql(f"copy ({query}) to '{path}' (format parquet{options})")
    return path.read_bytes()


def test_types_become_text(parquet_room):
    query = """
        select '00042' as Id, timestamptz '2026-01-01 12:00:00+02' as Created, null::varchar as Email, 1.5::double as d,
               10.50::decimal(9,2) as n, [1, 2] as l, {'a': 'b'} as s, true as b, date '2026-02-28' as day
    """
    report = parquet_room.one(parquet(parquet_room, query), "a.parquet")
    assert (report.status, report.problems) == ("loaded", ())
    assert parquet_room.raw("_row, Id, Created, Email, d, n, l, s, b, day") == [
        (1, "00042", "2026-01-01 10:00:00+00", None, "1.5", "10.50", "[1,2]", '{"a":"b"}', "true", "2026-02-28")
    ]


def test_ids_as_numbers_are_flagged_and_whole_ones_written_whole(parquet_room):
    query = """
        select unnest([42, 9007199254740991, 1.23e15, 1e300, 0.5, 'nan'])::double as Id, 7 as Created, 'x' as Email
    """
    report = parquet_room.one(parquet(parquet_room, query), "a.parquet")
    assert [(one.code, one.field) for one in report.problems] == [("ID_NUMERIC", "Id")]
    assert parquet_room.raw("Id") == [
        ("42",),
        ("9007199254740991",),
        ("1230000000000000",),
        ("1e+300",),
        ("0.5",),
        ("nan",),
    ]


def test_whole_number_ids_are_flagged(parquet_room):
    report = parquet_room.one(parquet(parquet_room, "select 42 as Id, '' as Created, '' as Email"), "a.parquet")
    assert [one.code for one in report.problems] == ["ID_NUMERIC"]


def test_columns_named_as_the_readers_are_kept_under_another_name(parquet_room, code_of):
    named = "select 'x' as Id, 'y' as Created, 'z' as Email, {} as {}"
    report = parquet_room.one(parquet(parquet_room, named.format(7, "_row")), "a.parquet")
    assert [(one.code, one.field) for one in report.problems] == [("HEADER_RESERVED", "_row")]
    assert parquet_room.raw('_row, Id, "_row (delivered)"') == [(1, "x", "7")]
    parquet_room.deliver("b.parquet", parquet(parquet_room, named.format(7, "File_Row_Number")))
    _, report = parquet_room.ingest().files
    assert code_of(report) == "HEADER_RESERVED"


def test_control_characters_refuse_their_row(parquet_room):
    query = """
        select 'id' || i as Id, 'c' as Created,
               case i when 1 then 'a' || chr(7) when 2 then e'a\\nb\\tc' else 'x' end as Email
        from range(4) as t(i)
    """
    report = parquet_room.one(parquet(parquet_room, query), "a.parquet")
    assert (report.row_count, report.loaded_count, report.rejected_count) == (4, 3, 1)
    assert parquet_room.raw("_row, Id") == [(1, "id0"), (3, "id2"), (4, "id3")]
    assert parquet_room.rejects("row_number, code, item_id") == [(2, "CONTROL_CHAR", "id1")]


def test_rows_keep_their_number_over_row_groups(parquet_room):
    query = "select i::varchar as Id, 'c' as Created, 'e' as Email from range(10000) as t(i)"
    parquet_room.one(parquet(parquet_room, query, ", row_group_size 2048"), "a.parquet")
    sql = "select count(*), count(*) filter (where _row = Id::bigint + 1) from raw.leads"
    assert parquet_room.con.execute(sql).fetchone() == (10000, 10000)


def test_header_rules_hold(parquet_room, code_of):
    assert (
        code_of(parquet_room.one(parquet(parquet_room, "select 1 as Id, 2 as Created"), "a.parquet"))
        == "COLUMN_MISSING"
    )


def test_a_table_without_rows(parquet_room):
    query = "select '' as Id, '' as Created, '' as Email limit 0"
    assert parquet_room.one(parquet(parquet_room, query), "a.parquet").status == "empty"


DAMAGE = {
    "cut": lambda data: data[: len(data) // 2],
    "cut by a byte": lambda data: data[:-1],
    "start": lambda data: b"x" + data[1:],
    "footer length": lambda data: data[:-8] + b"\xff\xff\xff\x7f" + data[-4:],
    "footer zeroed": lambda data: data[:-200] + b"\0" * 192 + data[-8:],
    "not parquet": lambda data: b"Id,Created,Email\n1,2,3\n",
    "empty": lambda data: b"",
}


@pytest.mark.parametrize("case", DAMAGE)
def test_damage_is_refused_and_the_transaction_lives(parquet_room, code_of, case):
    data = parquet(parquet_room, "select i::varchar as Id, 'c' as Created, 'e' || i as Email from range(1000) as t(i)")
    parquet_room.deliver("good.parquet", data)
    parquet_room.deliver("bad.parquet", DAMAGE[case](data))
    reports = {one.file_name: one for one in parquet_room.ingest().files}
    assert code_of(reports["bad.parquet"]) == "PARQUET_DAMAGED"
    assert reports["good.parquet"].loaded_count == 1000


def test_any_flipped_byte_is_refused_or_loads_whole(parquet_room):
    data = parquet(parquet_room, "select i::varchar as Id, 'c' as Created, 'e' || i as Email from range(300) as t(i)")
    for place in range(4, len(data), max(1, len(data) // 40)):
        parquet_room.deliver(f"flip{place}.parquet", data[:place] + bytes([data[place] ^ 0x10]) + data[place + 1 :])
    for report in parquet_room.ingest().files:
        assert report.status in ("refused", "loaded", "empty")
        assert report.row_count == report.loaded_count + report.rejected_count


def test_a_manifest_finds_what_parquet_itself_cannot(parquet_room, make_source, code_of):
    parquet_room.sources = (make_source(location="*.parquet", format="parquet", options={"manifest": "SUMS"}),)
    data = parquet(parquet_room, "select 'a' as Id, 'c' as Created, 'e' as Email")
    parquet_room.deliver("SUMS", "0" * 64 + "  a.parquet\n")
    assert code_of(parquet_room.one(data, "a.parquet")) == "MANIFEST_MISMATCH"


def test_a_file_that_unpacks_to_too_much_is_refused_by_its_footer(parquet_room, code_of):
    parquet_room.limits = {"max_file_bytes": 200_000}
    query = "select range::varchar as Id, repeat('x', 50) || range as Created, 'x' as Email from range(20_000)"
    content = parquet(parquet_room, query, ", compression zstd")
    assert len(content) < 200_000
    assert code_of(parquet_room.one(content, "a.parquet")) == "FILE_TOO_LARGE"


def test_a_file_of_one_value_again_and_again_is_refused_by_its_text(parquet_room, code_of):
    parquet_room.limits = {"max_file_bytes": 1_000_000}
    query = "select range::varchar as Id, repeat('x', 900) as Created, '' as Email from range(20_000)"
    assert code_of(parquet_room.one(parquet(parquet_room, query), "a.parquet")) == "FILE_TOO_LARGE"


def test_a_field_that_is_too_long_is_named_by_its_row(parquet_room, code_of):
    parquet_room.limits = {"max_field_bytes": 1000}
    query = (
        "select range::varchar as Id, if(range = 2, repeat('x', 1001), 'x') as Created, null::varchar as Email "
        "from range(5)"
    )
    report = parquet_room.one(parquet(parquet_room, query), "a.parquet")
    assert code_of(report) == "FIELD_TOO_LONG"
    assert report.problems[0].row == 3
