"""Delivered files that are no plain table: accepted normalised, warned about, or refused with their code."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct
import zlib

import pytest

HEADER = "Id,Created,Email\n"
GOOD = HEADER + "1,2026-01-01,a@x.com\n2,2026-01-02,bé@x.com\n"
ROWS = [(1, "1", "2026-01-01", "a@x.com"), (2, "2", "2026-01-02", "bé@x.com")]


def warnings(report):
    assert report.status in ("loaded", "empty")
    return [problem.code for problem in report.problems]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (GOOD.encode("utf-8-sig"), {}),
        (GOOD.encode("utf-16"), {"encoding": "utf-16"}),
        (GOOD.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (b"\xff\xfe" + GOOD.encode("utf-16-le"), {"encoding": "utf-16-le"}),
        (GOOD.encode("cp1252"), {"encoding": "cp1252"}),
        (GOOD.encode("latin-1"), {"encoding": "iso8859-1"}),
        (GOOD.replace(",", ";").encode(), {"delimiter": ";"}),
        (GOOD.replace(",", "\t").encode(), {"delimiter": "\t"}),
        (GOOD.replace("\n", "\r\n").encode(), {}),
        (GOOD.rstrip("\n").encode(), {}),
        (GOOD.replace("\n", "\n\n").encode() + b"\n\n", {}),
        (GOOD.replace("Id", " Id ").replace("Email", '"Email"').encode(), {}),
        (GOOD.replace("Id", "ID").encode(), {}),
        (GOOD.replace("\n1,", "\n'1',").encode(), {"quote": "'"}),
        (GOOD.encode(), {"quote": ""}),
    ],
)
def test_accepted_as_if_plain(room, make_source, content, options):
    room.sources = (make_source(options=options),)
    assert warnings(room.one(content)) == []
    assert room.raw() == ROWS


@pytest.mark.parametrize("content", [GOOD.replace("\n", "\r"), GOOD.replace("\n", "\r\n", 1)])
def test_old_and_mixed_line_ends_are_warned_about(room, content):
    assert warnings(room.one(content)) == ["LINE_ENDS"]
    assert room.raw() == ROWS


@pytest.mark.parametrize("content", ["", "\n\r\n", "\ufeff", HEADER, HEADER.rstrip()])
def test_empty_file_and_header_only_are_accepted_with_a_warning(room, content):
    report = room.one(content)
    assert (report.status, warnings(report)) == ("empty", ["FILE_EMPTY"])
    assert (report.file_id, report.row_count) == (1, 0)
    assert [one.status for one in room.ingest().files] == ["known"]


def test_columns_are_taken_by_name_in_any_order(room):
    room.one("Email,Extra,Id,Created\na@x.com,e,1,2026-01-01\n")
    assert room.raw("_file_id, Id, Created, Email, Extra") == [(1, "1", "2026-01-01", "a@x.com", "e")]


def test_columns_named_as_the_readers_are_kept_under_another_name(room):
    report = room.one("_ROW,Id,Created,Email,_file_id\n9,1,2026-01-01,a@x.com,8\n")
    assert [(one.code, one.field) for one in report.problems] == [
        ("HEADER_RESERVED", "_ROW"), ("HEADER_RESERVED", "_file_id"),
    ]  # fmt: skip
    columns = '_file_id, _row, Id, "_ROW (delivered)", "_file_id (delivered)"'
    assert room.raw(columns) == [(1, 1, "1", "9", "8")]


REFUSED = {
    "undeclared cp1252": (GOOD.encode("cp1252"), "FILE_ENCODING", f"offset {GOOD.index('é')} "),
    "undeclared cp1252 after a mark": (
        b"\xef\xbb\xbf" + GOOD.encode("cp1252"),
        "FILE_ENCODING",
        f"offset {GOOD.index('é') + 3} ",
    ),
    "cut inside a letter": (GOOD[: GOOD.index("é")].encode() + b"\xc3", "FILE_ENCODING", f"offset {GOOD.index('é')} "),
    "undeclared utf-16": (GOOD.encode("utf-16"), "FILE_ENCODING", "offset 0"),
    "undeclared utf-16 without a mark": (GOOD.encode("utf-16-le"), "FILE_ENCODING", "utf-16"),
    "xlsx": (b"PK\x03\x04" + b"\0" * 200, "FILE_NOT_TEXT", "Excel"),
    "xls": (b"\xd0\xcf\x11\xe0" + b"\0" * 200, "FILE_NOT_TEXT", "Excel"),
    "gzip without .gz": (gzip.compress(GOOD.encode()), "FILE_NOT_TEXT", ".gz"),
    "parquet": (b"PAR1" + b"\0" * 200, "FILE_NOT_TEXT", "format: parquet"),
    "html": (b"\xef\xbb\xbf\n <!DOCTYPE html><html><body>Sign in</body></html>", "FILE_NOT_TEXT", "web page"),
    "binary": (bytes(range(32)) * 20, "FILE_NOT_TEXT", "control characters"),
    "unclosed quote": (HEADER + '1,2026-01-01,"a@x.com\n2,b,c\n', "QUOTE_UNCLOSED", "line 2 "),
    "wrong delimiter": (GOOD.replace(",", ";"), "FILE_DELIMITER", "semicolon"),
    "tabs": (GOOD.replace(",", "\t"), "FILE_DELIMITER", "tab"),
    "no header": ("00Q1,2026-01-01,a@x.com\n00Q2,2026-01-02,b@x.com\n", "FILE_NO_HEADER", "no header"),
    "duplicate header": (GOOD.replace("Email", "Email,email"), "HEADER_DUPLICATE", "columns 3 and 4"),
    "duplicate header beyond the mapping": (GOOD.replace("Email", "Email,x,X"), "HEADER_DUPLICATE", "columns 4 and 5"),
    "blank header": (GOOD.replace("Email", "Email,"), "HEADER_BLANK", "column 4"),
    "reserved header twice": (GOOD.replace("Email", "Email,_row,_ROW (delivered)"), "HEADER_DUPLICATE", "columns 4"),
    "renamed header": (GOOD.replace("Email", "E-mail"), "COLUMN_MISSING", "Did you mean 'E-mail'?"),
    "header of other words": ("Key,When,Post\n1,2,3\n", "FILE_NO_HEADER", "correct the mapping"),
    "no header, and cells that repeat": ("Ola,,Ola\n1,2,3\n", "FILE_NO_HEADER", "no header"),
    "header with an address in it": (
        GOOD.replace("Email", "Emails,Email@x.com"),
        "COLUMN_MISSING",
        "Did you mean 'Emails'?",
    ),
    "missing column": ("Id,Created\n1,2\n", "COLUMN_MISSING", "'Email' is missing. "),
    "preamble": ("\nReport: new leads\nAs of;today\n\n" + GOOD, "FILE_PREAMBLE", "line 5"),
    "stray text after a quoted name": (GOOD.replace("Id", '"Id"x'), "HEADER_INVALID", "closing quote"),
    "control characters in the header": (GOOD.replace("Id", "I\x01d"), "HEADER_INVALID", "control characters"),
    "20 MB field": (HEADER + "1,2026-01-01," + "x" * 20_000_000, "FIELD_TOO_LONG", "line 2 "),
    "20 MB quoted field": (HEADER + '1,2026-01-01,"' + "x\n" * 10_000_000, "FIELD_TOO_LONG", "line 2 "),
    "10,000 columns": (",".join(["Id,Created,Email", *(f"c{n}" for n in range(9997))]), "TOO_MANY_COLUMNS", "10000"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_whole(room, code_of, case):
    content, code, hint = REFUSED[case]
    room.deliver("good.csv", GOOD)
    room.deliver("bad.csv", content)
    reports = {one.file_name: one for one in room.ingest().files}
    assert code_of(reports["bad.csv"]) == code
    assert hint in reports["bad.csv"].problems[0].message
    assert reports["good.csv"].status == "loaded"
    assert room.raw() == ROWS
    assert room.files("file_id, status, code, row_count") == [(1, "loaded", None, 2), (None, "refused", code, 0)]


def test_messages_name_no_cell_of_a_file_without_header(room):
    report = room.one("00Q1,2026-01-01,anna@example.com\n")
    text = str(report.problems) + str(room.files("message"))
    assert "anna" not in text
    assert "00Q1" not in text


@pytest.mark.parametrize(
    ("content", "code", "hint"),
    [
        ("Emil,Creata,x1\nOla,Nord,x2\n", "COLUMN_MISSING", "The name of column 1 is much like it."),  # two of three
        ("Emil,Noriega,x1\nOla,Nord,x2\n", "FILE_NO_HEADER", ""),
        ("Emil,Creata,1\nOla,Nord,2\n", "FILE_NO_HEADER", ""),
        ("Id,Created,+47 1 Email\n1,2,3\n", "COLUMN_MISSING", "The name of column 3"),
    ],
)
def test_no_message_quotes_what_may_be_a_cell_of_a_first_line(room, code_of, content, code, hint):
    report = room.one(content)
    assert code_of(report) == code
    said = str(report.problems) + str(room.files("message"))
    assert hint in said
    assert not any(cell in said for cell in ("Emil'", "Creata", "Noriega", "+47"))


def test_refused_bytes_are_reported_again_written_once_and_taken_up_when_mended(room, make_source, code_of):
    bad = GOOD.replace(",", ";")
    assert code_of(room.one(bad)) == "FILE_DELIMITER"
    room.deliver("again.csv", bad)
    assert [code_of(one) for one in room.ingest().files] == ["FILE_DELIMITER"] * 2
    assert room.files("file_name, run_id") == [("a.csv", "run-1")]
    room.sources = (make_source(options={"delimiter": ";"}),)
    assert [one.status for one in room.ingest().files] == ["loaded", "known"]
    assert room.raw() == ROWS


def test_a_bad_row_is_refused_and_the_file_goes_on(room):
    report = room.one(
        HEADER
        + "1,2026-01-01,a\x00@x.com\n"  # NUL
        + "2,2026-01-02\n"  # short
        + '3,2026-01-03,"two\nlines\tand tab"\n'
        + "4,2026-01-04,a,b\n"  # long
        + "5\x1b,2026-01-05,x\n"  # control character in the id itself
        + '6,2026-01-06,"x" y\n'
        + "Total: 6 records\n"  # footer
        + "7,2026-01-0"  # the last row is cut
    )
    assert room.raw("_row, Id, Email") == [(3, "3", "two\nlines\tand tab")]
    assert room.rejects("row_number, code, item_id") == [
        (1, "CONTROL_CHAR", "1"),
        (2, "RAGGED_ROW", None),
        (4, "RAGGED_ROW", None),
        (5, "CONTROL_CHAR", None),
        (6, "QUOTE_INVALID", None),
        (7, "RAGGED_ROW", None),
        (8, "RAGGED_ROW", None),
    ]
    assert (report.row_count, report.loaded_count, report.rejected_count) == (8, 1, 7)
    assert [(one.code, one.row) for one in report.problems] == [
        ("CONTROL_CHAR", 1),
        ("QUOTE_INVALID", 6),
        ("RAGGED_ROW", 2),
    ]


def test_a_refused_row_leaves_its_length_and_keyed_hash_only(room):
    room.one(HEADER + "secret,x\n")
    key = room.project().hash_key
    digest = hashlib.sha256(f"{key}secret,x".encode()).hexdigest()[:16]
    assert room.rejects("suite, rule, value_length, value_hash") == [("reader", "ragged_row", 8, digest)]
    assert room.con.execute("select left(sha256(? || 'secret,x'), 16)", [key]).fetchone() == (digest,)
    assert "secret" not in str(room.rejects("* exclude (value_hash)"))


def test_wide_and_long_rows_load(room):
    names = ["Id", "Created", "Email", *(f"c{n}" for n in range(1990))]
    room.limits = {"max_field_bytes": "4MB"}
    report = room.one(",".join(names) + "\n" + ",".join(["1", "2", "x" * 3_900_000, *names[3:]]) + "\n")
    assert report.loaded_count == 1
    assert room.raw("length(Email), c1989") == [(3_900_000, "c1989")]


# --- packed files


def packed(room, make_source, content):
    room.sources = (make_source(location="*.csv.gz"),)
    return room.one(content, "a.csv.gz")


def test_gzip_is_read_members_and_padding_included(room, make_source):
    half = len(HEADER) + 3
    content = gzip.compress(GOOD.encode()[:half]) + gzip.compress(GOOD.encode()[half:]) + b"\0" * 100
    assert warnings(packed(room, make_source, content)) == []
    assert room.raw() == ROWS


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data[:-9],
        lambda data: data[:20],
        lambda data: data[:5],
        lambda data: data[:30] + bytes([data[30] ^ 4]) + data[31:],
        lambda data: data[:-4] + b"\1\1\1\1",
        lambda data: data + b"garbage",
        lambda data: GOOD.encode(),
    ],
)
def test_damaged_gzip_is_refused(room, make_source, code_of, damage):
    assert code_of(packed(room, make_source, damage(gzip.compress(GOOD.encode())))) == "GZIP_DAMAGED"


def test_gzip_bomb_is_refused_by_size_and_by_ratio_before_it_fills_the_disk(room, make_source, code_of, monkeypatch):
    bomb = gzip.compress(HEADER.encode() + b"1,2,3\n" * 3_000_000, 9)
    room.limits = {"max_file_bytes": "1MB"}
    assert code_of(packed(room, make_source, bomb)) == "GZIP_BOMB"
    room.limits = {}
    monkeypatch.setattr("rr_pipeline.ingest.stream.GZIP_RATIO_FLOOR", 1 << 20)
    assert code_of(packed(room, make_source, bomb)) == "GZIP_BOMB"
    monkeypatch.undo()
    assert packed(room, make_source, bomb).loaded_count == 3_000_000


def test_a_gzip_that_lies_about_its_size_does_not_matter(room, make_source, code_of):
    body = zlib.compressobj(wbits=-15)
    content = b"\x1f\x8b\x08" + b"\0" * 7 + body.compress(GOOD.encode()) + body.flush()
    content += struct.pack("<II", zlib.crc32(GOOD.encode()), 5)
    assert code_of(packed(room, make_source, content)) == "GZIP_DAMAGED"


def test_too_large_a_file_is_not_even_read(room, code_of):
    room.limits = {"max_file_bytes": 1000}
    assert code_of(room.one(GOOD * 100)) == "FILE_TOO_LARGE"
    assert room.files("sha256") == [(None,)]


# --- files that change, cannot be read, or are not those of the manifest


@pytest.mark.parametrize("change", ["append", "rewrite", "truncate", "remove"])
def test_a_file_that_changes_while_it_is_read_is_refused_and_taken_up_later(room, code_of, monkeypatch, change):
    import rr_pipeline.ingest.read_deliveries as module

    path = room.deliver("a.csv", GOOD)
    texts = {"append": GOOD + "3,2,1\n", "rewrite": GOOD.replace("a@x", "b@x"), "truncate": HEADER}
    prepare = module.prepare

    def changing(task):
        if change == "remove":
            path.unlink()
        else:
            stat = path.stat()
            path.write_text(texts[change])
            os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        return prepare(task)

    monkeypatch.setattr(module, "prepare", changing)
    (report,) = room.ingest().files
    assert code_of(report) == "FILE_CHANGED"
    assert room.raw() == []
    monkeypatch.undo()
    room.deliver("a.csv", GOOD)
    assert [one.status for one in room.ingest().files] == ["loaded"]
    assert room.raw() == ROWS


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_refused(room, code_of):
    room.deliver("a.csv", GOOD).chmod(0)
    (report,) = room.ingest().files
    assert code_of(report) == "FILE_UNREADABLE"


def test_manifest(room, make_source, code_of):
    room.sources = (make_source(options={"manifest": "SHA256SUMS"}),)
    good = hashlib.sha256(GOOD.encode()).hexdigest()
    room.deliver("good.csv", GOOD)
    room.deliver("flipped.csv", GOOD.replace("a@x", "b@x"))
    room.deliver("unlisted.csv", GOOD + "3,2,1\n")
    reports = room.ingest().files
    assert [code_of(one) for one in reports] == ["MANIFEST_MISMATCH"] * 3
    room.deliver("SHA256SUMS", f"{good}  good.csv\n# a comment\n{good.upper()} *./flipped.csv\n")
    reports = {one.file_name: one for one in room.ingest().files}
    assert reports["good.csv"].status == "loaded"
    assert "describes" in reports["flipped.csv"].problems[0].message
    assert "not in SHA256SUMS" in reports["unlisted.csv"].problems[0].message
    assert room.raw() == ROWS
