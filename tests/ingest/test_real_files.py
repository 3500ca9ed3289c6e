"""Real exports, read where they lie: every record arrives, as Python's own readers see it."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
FOLDERS = ("messy_lists", "salesforce_samples", "maven_crm", "npsp_sample", "fivetran_seeds", "helpdesk")
FILES = sorted(path for folder in FOLDERS for path in (SHARED / folder).rglob("*.csv")) if SHARED.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason="the shared data sets are not beside this checkout")


def read(path):
    """(encoding, records) by the csv module, blank lines left out."""
    data = path.read_bytes()
    try:
        encoding, text = "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        encoding, text = "cp1252", data.decode("cp1252")
    return encoding, [row for row in csv.reader(text.splitlines(keepends=True)) if row]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_record_of_a_real_file_arrives(room, make_source, path):
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
