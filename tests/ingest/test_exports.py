"""Exports and lists as systems write them: every record arrives, as Python's own readers see it."""

from __future__ import annotations

import csv
import shutil

import pytest

from tests.data_sets import FOLDER, SAMPLES, extra, files_of

FOLDERS = ("messy_lists", "salesforce_samples", "maven_crm", "npsp_sample", "fivetran_seeds", "helpdesk")
OWN = [pytest.param(path, id=path.relative_to(SAMPLES).as_posix()) for path in sorted(SAMPLES.rglob("*.csv"))]
REAL = [extra(FOLDER / name, needs=name, id=name) for name in files_of(*FOLDERS)]


def read(path):
    """(encoding, records) by the csv module, blank lines left out."""
    data = path.read_bytes()
    try:
        encoding, text = "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, text = "cp1252", data.decode("cp1252")
    return encoding, [row for row in csv.reader(text.splitlines(keepends=True)) if row]


@pytest.mark.parametrize("path", [*OWN, *REAL])
def test_every_record_of_a_file_arrives(room, make_source, path):
    encoding, (names, *records) = read(path)
    names = [name.strip() for name in names]
    mapping = {"item_id": names[0], "created_at": names[-1]}
    room.sources = (make_source(location="*", mapping=mapping, options={"encoding": encoding}),)
    shutil.copy(path, room.landing / "file.csv")
    (report,) = room.ingest().files
    assert report.status == "loaded", report.problems
    assert report.row_count == len(records)
    ragged = {number for number, row in enumerate(records, start=1) if len(row) != len(names)}
    assert {row for row, code in room.rejects()} == ragged
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in names)
    loaded = {row[0]: list(row[1:]) for row in room.raw(f"_row, {columns}")}
    expected = {number: row for number, row in enumerate(records, start=1) if number not in ragged}
    assert {number: [cell or "" for cell in row] for number, row in loaded.items()} == expected
