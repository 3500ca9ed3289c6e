"""Messages in files and marks: safe for spreadsheets, whole or not at all."""

import csv
import json

import pytest

from rr_pipeline.errors import RefusedError
from rr_pipeline.outbox.files import COLUMNS, export_messages, exported_ids, mark_messages, safe_cell
from rr_pipeline.outbox.journal import JOURNAL_FILE, Delivery, open_journal, read_journal
from rr_pipeline.outbox.messages import Wanted, open_messages, read_messages
from tests.outbox.conftest import message


def pending(project, **options):
    with open_messages(project) as con:
        return [one["message_id"] for one in read_messages(con, Wanted(is_pending=True, **options))]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", '=HYPERLINK("http://x")'])
def test_what_a_spreadsheet_would_run_is_text(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["", "plain", "'=1", "1-2", " =1", "a=b"])
def test_other_cells_stay_as_they_are(text):
    assert safe_cell(text) == text


def test_csv_has_a_column_for_everything_and_survives_hard_ids(make, tmp_path):
    hard = ["=cmd|' /C calc'!A0", 'quote " and , comma', "two\nlines", "@SUM(A1)", "ünï", "-7"]
    project = make(*(message(number, recipient=text) for number, text in enumerate(hard, start=1)))
    path = tmp_path / "out.csv"
    assert export_messages(project, "csv", path, Wanted()) == len(hard)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert tuple(rows[0]) == COLUMNS
    assert [row["recipient_id"] for row in rows] == [safe_cell(text) for text in hard]
    assert rows[0]["queue_id"] == ""
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_json_lines_are_the_payloads(make, tmp_path):
    project = make(message(2), message(1, recipient="=1+1"))
    path = tmp_path / "out.jsonl"
    assert export_messages(project, "jsonl", path, Wanted()) == 2
    told = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(one["message_id"], one["recipient_id"]) for one in told] == [("m001", "=1+1"), ("m002", "ann")]


def test_an_export_replaces_the_file_whole_and_marks_nothing(make, tmp_path):
    project = make(message(1))
    path = tmp_path / "out.csv"
    path.write_text("old")
    export_messages(project, "csv", path, Wanted(is_pending=True))
    assert "m001" in path.read_text()
    assert pending(project) == ["m001"]
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["out.csv"]


def test_a_wrong_format_or_folder_is_refused(make, tmp_path):
    project = make(message(1))
    with pytest.raises(RefusedError, match="csv, jsonl"):
        export_messages(project, "xlsx", tmp_path / "out.xlsx", Wanted())
    with pytest.raises(RefusedError, match="FOLDER_MISSING"):
        export_messages(project, "csv", tmp_path / "nowhere" / "out.csv", Wanted())
    with pytest.raises(RefusedError, match="Did you mean 'task'"):
        Wanted(("tasks",))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_exported_file_says_what_to_mark(make, tmp_path, form):
    project = make(*(message(number) for number in range(1, 5)), message(9, kind="task"))
    path = tmp_path / f"out.{form}"
    export_messages(project, form, path, Wanted(("assignment",)))
    assert mark_messages(project, exported_ids(path), Wanted(sink="sheet")) == 4
    assert mark_messages(project, exported_ids(path), Wanted(sink="sheet")) == 0
    assert pending(project, sink="sheet") == pending(project) == ["m009"]
    assert len(pending(project, sink="crm")) == 5


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "message_id\n\x00", "{\n", '{"message_id": 3}\n', "[1]\n"])
def test_another_file_marks_nothing(tmp_path, text):
    (tmp_path / "other").write_text(text)
    with pytest.raises(RefusedError, match="EXPORT_INVALID"):
        exported_ids(tmp_path / "other")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_of_nothing_marks_nothing(make, tmp_path, form):
    export_messages(make(), form, tmp_path / "out", Wanted())
    assert exported_ids(tmp_path / "out") == []


def test_marks_of_ids_of_all_and_of_kinds(make):
    project = make(*(message(number) for number in range(1, 4)), message(4, kind="task"))
    assert mark_messages(project, ["m002"], Wanted()) == 1
    assert mark_messages(project, None, Wanted(("task",))) == 1
    assert pending(project) == ["m001", "m003"]
    assert mark_messages(project, None, Wanted()) == 2
    assert pending(project) == []
    with pytest.raises(RefusedError, match=r"row=2 .*1 of 2 ids"):
        mark_messages(project, ["m001", "nope"], Wanted(sink="other"))
    assert set(read_journal(project.folder)["sink"]) == {"manual"}


def test_a_failed_message_can_be_marked_and_counts_as_not_got(make):
    project = make(message(1))
    with open_journal(project.folder, "test") as journal:
        journal.note([Delivery("m001", "crm", "failed", 1, "404")])
    assert pending(project, sink="crm") == []
    assert pending(project, sink="crm", with_failed=True) == ["m001"]
    assert mark_messages(project, ["m001"], Wanted(sink="crm")) == 1
    assert pending(project, with_failed=True) == []


def test_the_journal_is_plain_for_anybody(make):
    import duckdb

    project = make(message(1))
    mark_messages(project, None, Wanted(sink="crm"))
    path = project.folder / JOURNAL_FILE
    rows = duckdb.sql(f"select message_id, sink, status, attempt_count, delivered_at is not null from '{path}'")
    assert rows.fetchall() == [("m001", "crm", "delivered", 0, True)]


def test_an_older_published_copy_is_named(make):
    import duckdb

    project = make()
    with duckdb.connect(str(project.published / "routing.duckdb")) as con:
        con.execute("drop table ops.outbox")
    with pytest.raises(RefusedError, match="OUTBOX_MISSING"), open_messages(project):
        pass
