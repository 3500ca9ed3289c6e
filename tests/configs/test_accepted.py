"""Kinds of config that `check` let pass and a run ended with 70 or 75 for, each with the value that is right."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rr_pipeline import cli, idle
from rr_pipeline.config import load_project
from rr_pipeline.config.loader import PROJECT_FILE
from rr_pipeline.config.places import (
    BESIDE_WAREHOUSE,
    OWN_FILES,
    PUBLISHED_FILES,
    PUBLISHED_FOLDERS,
    WRITTEN_FILES,
    WRITTEN_FOLDERS,
)
from rr_pipeline.config.policy_loader import POLICY_FOLDER
from rr_pipeline.config.source_loader import SOURCES_FILE
from rr_pipeline.errors import RefusedError
from rr_pipeline.ingest import discover
from rr_pipeline.lock import LOCK_FILE
from rr_pipeline.outbox.journal import JOURNAL_FILE
from rr_pipeline.outbox.journal import LOCK_FILE as OUTBOX_LOCK
from rr_pipeline.publishing.parquet import FOLDER
from rr_pipeline.routing.exception_tokens import TOKENS_FILE
from rr_pipeline.runs.run import run
from rr_pipeline.runs.shadow import SHADOWS
from rr_pipeline.session.run_log import LOG_FILE
from rr_pipeline.views.preview import preview
from rr_pipeline.warehouse.failures import SCRATCH_FOLDER, SPILL_FOLDER
from rr_pipeline.warehouse.published import MANIFEST_FILE, PUBLISHED_FILE
from tests.e2e.projects import LEAD_COLUMNS, lead, policy, rows, run_project, write_leads, write_project

ONE = policy([{"user": "a"}])
MAPPING = "    mapping: {item_id: Id, created_at: Created, email: Email}\n"
LEADS = "sources:\n  leads:\n    table: items\n    object_type: lead\n    location: leads*.csv\n"


def problems(folder: Path) -> list[tuple[str, str | None]]:
    try:
        load_project(folder, {})
    except RefusedError as error:
        return [(problem.code, problem.field) for problem in error.problems]
    return []


def project(tmp_path: Path, settings: str = "", sources: str = LEADS + MAPPING) -> Path:
    folder = write_project(tmp_path / "project", ONE, sources=sources)
    with (folder / "project.yaml").open("a") as file:
        file.write(settings)
    return folder


@pytest.mark.parametrize(
    ("more", "code", "field"),
    [
        ("    only_rows: {Country: []}\n", "VALUE_MISSING", "sources.leads.only_rows.Country"),
        ("    only_rows: {' Country': [NO]}\n", "VALUE_BLANK", None),
        ("    only_rows: {_ROW: [1]}\n", "COLUMN_RESERVED", "sources.leads.only_rows._ROW"),
    ],
)
def test_row_filters_that_no_run_can_use_are_refused(tmp_path, more, code, field):
    found = problems(project(tmp_path, sources=LEADS + MAPPING + more))
    assert [one for one, _ in found] == [code]
    assert field is None or found[0][1] == field


@pytest.mark.parametrize("name", ["_file_id", "_row", "_Row", "_FILE_ID"])
@pytest.mark.parametrize("rule", ["{}", "[Id, {}]", "{{columns: [{}], any_of: true}}"])
def test_columns_named_like_the_readers_own_are_refused(tmp_path, name, rule):
    mapping = f"    mapping: {{item_id: {rule.format(name)}, created_at: Created}}\n"
    assert problems(project(tmp_path, sources=LEADS + mapping)) == [
        ("COLUMN_RESERVED", "sources.leads.mapping.item_id")
    ]


def test_an_empty_text_in_a_row_filter_keeps_empty_cells(tmp_path):
    folder = project(tmp_path, sources=LEADS + MAPPING + "    only_rows: {Country: ['', no]}\n")
    write_leads(folder, [lead(1), lead(2, Country="NO"), lead(3, Country="SE")])
    assert int(run_project(folder).exit_code) == 0
    assert rows(folder, "select item_id from marts.fct_items order by all") == [("L00001",), ("L00002",)]


@pytest.mark.parametrize("limit", ["1MB", "64MB", "99.9MB", "95MiB"])
def test_memory_that_no_run_can_do_with_is_refused(tmp_path, limit):
    found = problems(project(tmp_path, f"engine: {{memory_limit: {limit}}}\n"))
    assert found == [("SIZE_INVALID", "engine.memory_limit")]


@pytest.mark.parametrize("which", ["landing", "warehouse", "published", "backups"])
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("project.yaml", "PATH_CLASH"),
        ("SOURCES.yaml/in", "PATH_CLASH"),
        ("policies/x", "PATH_CLASH"),
        ("exceptions.csv", "PATH_CLASH"),
        ("runs.log", "PATH_CLASH"),
        ("shadows/x", "PATH_CLASH"),
        ("outbox_deliveries.jsonl", "PATH_CLASH"),
        (".rr_pipeline.lock", "PATH_CLASH"),
        ("in/.rr_ingest", "PATH_CLASH"),
        ("x" * 256, "PATH_TOO_LONG"),
        ("é" * 120, "PATH_TOO_LONG"),
        ("deep/" * 800 + "x", "PATH_TOO_LONG"),
        ("note.txt/in", "PATH_KIND"),
    ],
)
def test_places_that_no_run_can_use_are_refused(tmp_path, which, path, code):
    folder = project(tmp_path, f"paths: {{{which}: '{path}'}}\n")
    (folder / "note.txt").write_text("a file")
    assert (code, f"paths.{which}") in problems(folder) or ("VALUE_TOO_LONG", f"paths.{which}") in problems(folder)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ("paths: {published: warehouse.duckdb}\n", "paths.published"),
        ("paths: {warehouse: w, backups: w.wal}\n", "paths.backups"),
        ("paths: {landing: published/in}\n", "paths.published"),
    ],
)
def test_places_that_lie_in_each_other_are_refused(tmp_path, settings, field):
    assert ("PATH_CLASH", field) in problems(project(tmp_path, settings))


@pytest.mark.parametrize(
    ("which", "make"),
    [("warehouse", Path.mkdir), ("warehouse", os.mkfifo), ("landing", Path.touch), ("published", Path.touch)],
)
def test_what_stands_at_a_place_must_be_of_its_kind(tmp_path, which, make):
    folder = project(tmp_path, f"paths: {{{which}: there}}\n")
    make(folder / "there")
    assert problems(folder) == [("PATH_KIND", f"paths.{which}")]


def test_the_warehouses_folder_is_made_and_a_run_that_fails_leaves_none(tmp_path):
    folder = project(tmp_path, "paths: {warehouse: data/deep/w.duckdb}\n")
    write_leads(folder, [lead(number, Created="yesterday") for number in range(150)])
    with pytest.raises(RefusedError, match="QUARANTINE_RATE"):
        run_project(folder)
    assert not (folder / "data").exists()
    write_leads(folder, [lead(1)])
    assert int(run_project(folder).exit_code) == 0
    assert (folder / "data" / "deep").stat().st_mode & 0o777 == 0o700
    assert rows(folder, "select count(*) from marts.fct_items") == [(1,)]


@pytest.mark.parametrize("option", ["--as-of", "--until"])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9999-12-31T23:59:59Z", "TIME_OUT_OF_RANGE"),
        ("9999-12-31T23:59:59-14:00", "TIME_OUT_OF_RANGE"),
        ("0001-01-01T00:00:00+14:00", "TIME_OUT_OF_RANGE"),
        ("1989-12-31T00:00:00Z", "TIME_OUT_OF_RANGE"),
        ("2026-06-30", "TIME_INVALID"),
        ("2026-06-30T18:00:00", "TIME_INVALID"),
        ("", "TIME_INVALID"),
        ("now", "TIME_INVALID"),
    ],
)
def test_instants_given_by_hand_are_ones_that_a_run_can_use(tmp_path, monkeypatch, capsys, option, text, code):
    assert command(monkeypatch, "run", f"{option}={text}", "--project", str(tmp_path)) == 2
    assert f"field={option} code={code}: " in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("text", ["9999-12-31", "0001-01-01"])
def test_days_given_by_hand_too(tmp_path, monkeypatch, capsys, option, text):
    folder = project(tmp_path)
    days = {"--from": "2026-06-01", option: text}
    words = [f"{name}={day}" for name, day in days.items()]
    assert command(monkeypatch, "simulate", *words, "--name", "x", "--project", str(folder)) == 2
    assert f"field={option} code=TIME_OUT_OF_RANGE: " in capsys.readouterr().err


def command(monkeypatch, *words: str) -> int:
    monkeypatch.setattr("sys.argv", ["rr-pipeline", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return int(ended.value.code or 0)


def test_folders_nested_deeper_than_calls_may_be_are_read(tmp_path):
    folder = project(tmp_path, sources=LEADS.replace("leads*.csv", "'**/leads.csv'") + MAPPING)
    here, place = os.getcwd(), folder / "landing"
    os.chdir(place)  # a whole path may be 4096 bytes long
    try:
        for _ in range(1_100):
            os.mkdir("d")
            os.chdir("d")
        Path("leads.csv").write_text(",".join(LEAD_COLUMNS) + "\n")
        os.chdir(here)
        found = discover(place, load_project(folder, {}).sources)
        assert [file.name for file in found.delivered] == ["d/" * 1_100 + "leads.csv"]
    finally:
        os.chdir(here)
        # What clears up after tests calls itself for every folder.
        subprocess.run(["rm", "-rf", str(place)], check=True)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("nowhere")])
def test_tokens_that_are_no_file_are_refused_and_nothing_waits_for_them(tmp_path, make):
    folder = project(tmp_path)
    make(folder / "exceptions.csv")
    loaded = load_project(folder, {})
    for look in (preview, run):
        with pytest.raises(RefusedError, match=r"file=exceptions\.csv row=- field=- code=FILE_NOT_REGULAR: "):
            look(loaded)


@pytest.mark.parametrize("name", [".rr_pipeline.lock", "published/manifest.json", "published/routing.duckdb"])
def test_a_folder_where_runs_write_a_file_is_refused(tmp_path, name):
    folder = project(tmp_path)
    (folder / name).mkdir(parents=True)
    assert files_refused(folder) == [name]


@pytest.mark.parametrize("name", [".rr_ingest", ".rr_spill", "published/parquet"])
def test_a_file_where_runs_need_a_folder_is_refused(tmp_path, name):
    folder = project(tmp_path)
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).touch()
    assert files_refused(folder) == [name]


def files_refused(folder: Path) -> list[str]:
    with pytest.raises(RefusedError) as refused:
        load_project(folder, {})
    assert {problem.code for problem in refused.value.problems} == {"PATH_KIND"}
    return [problem.file for problem in refused.value.problems]


def test_names_of_our_own_files_are_those_that_the_rooms_use():
    # Without its log a run goes on, and says so.
    assert set(WRITTEN_FILES) == {JOURNAL_FILE, LOCK_FILE, OUTBOX_LOCK}
    assert set(WRITTEN_FOLDERS) == {SHADOWS, SPILL_FOLDER}
    assert (set(PUBLISHED_FILES), set(PUBLISHED_FOLDERS)) == ({PUBLISHED_FILE, MANIFEST_FILE}, {FOLDER})
    assert BESIDE_WAREHOUSE == SCRATCH_FOLDER
    # Told from files alone, an idle run imports nothing that would name them.
    assert set(idle._CONFIG) | {idle._POLICIES} == {PROJECT_FILE, SOURCES_FILE, TOKENS_FILE, POLICY_FOLDER}
    assert {PROJECT_FILE, SOURCES_FILE, POLICY_FOLDER, TOKENS_FILE, LOG_FILE, JOURNAL_FILE, SHADOWS} == set(OWN_FILES)
