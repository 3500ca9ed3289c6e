"""`rr-pipeline check` looks into the delivered files: real reader, mapping, typing, rules; nothing is left behind."""

from __future__ import annotations

import gzip
import json

import polars as pl
import pytest

from rr_pipeline import quality
from rr_pipeline.config import load_project
from rr_pipeline.errors import Exit
from rr_pipeline.ingest import samples
from rr_pipeline.runs.trial import try_files
from tests.command_line import say
from tests.e2e.lives import deliver, item, members, project
from tests.e2e.projects import lead, policy, run_project, write_leads, write_project

ONE = policy([{"user": "ann"}])
PARQUET = """
sources:
  leads:
    table: items
    object_type: lead
    location: leads*.parquet
    format: parquet
    mapping: {item_id: Id, created_at: Created, email: Email}
"""
LINES = PARQUET.replace("parquet", "jsonl")


def listing(folder):
    return sorted((str(path.relative_to(folder)), path.stat().st_mtime_ns) for path in folder.rglob("*"))


def read(tried):
    return {one.column: (one.filled, one.unread, one.row_number) for one in tried.columns}


def test_cells_are_counted_by_column_and_nothing_is_changed(tmp_path):
    folder = write_project(tmp_path / "p", ONE)
    write_leads(folder, [lead(1), lead(2, Phone="zq7", Priority="soon"), lead(3, Email="zq7@", Priority="high")])
    before = listing(folder)
    tried = try_files(load_project(folder))
    assert listing(folder) == before
    (source,) = tried.sources
    assert (source.source, source.files, source.rows, source.refused) == ("leads", 1, 3, 0)
    found = read(tried)
    assert found["item_id"] == (3, 0, None)
    assert found["email"] == (3, 1, 3)
    assert found["phone"] == (1, 1, 2)
    assert found["country"] == (0, 0, None)
    assert tried.is_whole


def test_great_expectations_is_not_imported(tmp_path, monkeypatch):
    folder = write_project(tmp_path / "p", policy([{"user": "a"}]))
    write_leads(folder, [lead(1)])
    begun = []
    monkeypatch.setattr(quality, "preload", lambda: begun.append(1))
    assert [source.rows for source in try_files(load_project(folder)).sources] == [1]
    assert begun == []


def test_every_refused_file_is_named_at_once(tmp_path):
    folder = write_project(tmp_path / "p", ONE)
    good = write_leads(folder, [lead(1)])
    text = good.read_text()
    (folder / "landing" / "leads_20260402T0000.csv").write_bytes(b"PK\x03\x04" + bytes(64))
    (folder / "landing" / "leads_20260403T0000.csv").write_bytes(text.replace("person1", "pérson").encode("cp1252"))
    (folder / "landing" / "leads_20260404T0000.csv").write_bytes(text.encode("utf-16"))
    (folder / "landing" / "leads_20260405T0000.csv").write_text("Report of leads\n\n" + text)
    (folder / "landing" / "leads_20260406T0000.csv").write_text(text.replace("Created", "Made"))
    tried = try_files(load_project(folder))
    assert [(one.file, one.code) for one in tried.files_refused] == [
        ("leads_20260402T0000.csv", "FILE_NOT_TEXT"),
        ("leads_20260403T0000.csv", "FILE_ENCODING"),
        ("leads_20260404T0000.csv", "FILE_ENCODING"),
        ("leads_20260405T0000.csv", "FILE_PREAMBLE"),
        ("leads_20260406T0000.csv", "COLUMN_MISSING"),
    ]


@pytest.mark.parametrize(("count", "code"), [(3, Exit.DEGRADED), (150, Exit.REFUSED)])
def test_a_source_whose_rows_are_all_refused_is_told(tmp_path, count, code):
    folder = write_project(tmp_path / "p", ONE)
    write_leads(folder, [{**lead(number), "Created": f"31.12.2026 kl. {number}"} for number in range(count)])
    ended, out, _ = say("check", "--project", folder)
    assert ended == code
    assert f"{count} of {count} rows of source leads were refused" in out
    assert "TIME_INVALID" in out
    assert "kl." not in out


def test_ids_that_meet_nothing_are_warned_of(tmp_path):
    folder = project(tmp_path / "p", {"pool": {"members": members(*"ab")}})
    deliver(folder, "09:30", users=[{"user_id": "a", "is_active": "true"}, {"user_id": "b", "is_active": "true"}])
    contacts = [{"contact_id": f"c{number}", "owner_id": "Kari Moe"} for number in range(4)]
    deliver(folder, "10:00", leads=[item("l1", "09:40")], contacts=contacts)
    (said,) = (one for one in try_files(load_project(folder)).warnings if one.code == "REFERENCE_UNMET")
    assert (said.file, said.row, said.field) == ("contacts_20260302T1000.csv", 1, "owner_id")


def test_for_machines(tmp_path):
    folder = write_project(tmp_path / "p", ONE)
    write_leads(folder, [lead(1)])
    code, out, _ = say("check", "--project", folder, "--json")
    assert code == Exit.DONE
    assert json.loads(out)["tried"]["sources"] == [{"source": "leads", "files": 1, "rows": 1, "refused": 0}]


def test_of_many_files_the_last_ones(tmp_path):
    folder = write_project(tmp_path / "p", ONE)
    for day in range(1, 10):
        write_leads(folder, [lead(day)], name=f"leads_2026040{day}T0000.csv")
    tried = try_files(load_project(folder))
    assert [(one.files, one.rows) for one in tried.sources] == [(5, 5)]
    assert not tried.is_whole


@pytest.mark.parametrize("form", ["csv", "csv.gz", "utf-16"])
def test_a_large_text_file_is_cut_where_a_record_ends(tmp_path, monkeypatch, form):
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 4096)
    sources = None if form != "utf-16" else {"encoding": "utf-16"}
    folder = write_project(tmp_path / "p", ONE)
    if sources:
        path = folder / "sources.yaml"
        path.write_text(path.read_text() + "    options: {encoding: utf-16}\n")
    # Every name has a line feed and a quote in it: half of all line feeds end no record.
    path = write_leads(folder, [lead(number, Name=f'Ann\n"{number}" Lee') for number in range(400)])
    content = path.read_bytes()
    if form == "csv.gz":
        path.unlink()
        path.with_name("leads_20260401T0000.csv.gz").write_bytes(gzip.compress(content))
        config = folder / "sources.yaml"
        config.write_text(config.read_text().replace("leads*.csv", "leads*.csv.gz").replace('M.csv"', 'M.csv.gz"'))
        monkeypatch.setattr(samples, "SAMPLE_BYTES", 1024)
    elif form == "utf-16":
        path.write_text(content.decode(), encoding="utf-16")
    tried = try_files(load_project(folder))
    assert tried.files_refused == ()
    assert not tried.is_whole
    (source,) = tried.sources
    assert 5 < source.rows < 200
    assert source.refused == 0


@pytest.mark.parametrize(("sources", "ending"), [(PARQUET, "parquet"), (LINES, "jsonl")])
def test_other_large_files_are_cut_too(tmp_path, monkeypatch, sources, ending):
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 2048)
    monkeypatch.setattr(samples, "SAMPLE_ROWS", 50)
    folder = write_project(tmp_path / "p", ONE, sources=sources)
    frame = pl.DataFrame([lead(number) for number in range(400)]).select("Id", "Created", "Email")
    path = folder / "landing" / f"leads.{ending}"
    frame.write_parquet(path) if ending == "parquet" else frame.write_ndjson(path)
    tried = try_files(load_project(folder))
    (source,) = tried.sources
    assert 5 < source.rows < 100
    assert not tried.is_whole


def test_a_file_that_cannot_be_cut_is_left_to_the_reader(tmp_path, monkeypatch):
    monkeypatch.setattr(samples, "SAMPLE_BYTES", 512)
    folder = write_project(tmp_path / "p", ONE)
    path = write_leads(folder, [lead(number) for number in range(50)])
    path.write_text(path.read_text().replace("L00000", '"L00000'))
    tried = try_files(load_project(folder))
    assert [one.code for one in tried.files_refused] == ["QUOTE_UNCLOSED"]


def test_new_defaults_are_listed_until_the_first_run_of_the_new_version(tmp_path):
    folder = write_project(tmp_path / "p", ONE)
    write_leads(folder, [lead(1)])
    assert "new defaults" not in say("check", "--project", folder)[1]
    run_project(folder)
    assert "new defaults" not in say("check", "--project", folder)[1]
    manifest = folder / "published" / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "layout_version": 10}))
    out = say("check", "--project", folder)[1]
    assert (
        "What arrives closed, converted or deleted is set aside. As before: updates: {arrives_closed: decide}." in out
    )
    assert len(json.loads(say("check", "--project", folder, "--json")[1])["new_defaults"]) == 5
