"""Who may read what we make, and what is never written over: real modes, links and files."""

import os
import shutil
import stat

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.lock import LOCK_FILE, project_lock
from rr_pipeline.maintenance.backups import back_up, manifest_of, read_backup
from rr_pipeline.outbox.files import export_messages
from rr_pipeline.outbox.journal import JOURNAL_FILE, open_journal
from rr_pipeline.outbox.messages import Wanted
from rr_pipeline.runs.run import run
from rr_pipeline.runs.shadow import simulate
from rr_pipeline.views.preview import preview
from tests.e2e.projects import START, lead, policy, run_project, write_leads, write_project

OPEN = {"landing", "published", "policies"}


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def modes(folder):
    """Modes of files and folders of a project, by their place, what is meant for others left out."""
    return {
        str(path.relative_to(folder)): mode(path)
        for path in folder.rglob("*")
        if path.relative_to(folder).parts[0] not in OPEN and not path.name.endswith(".yaml")
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A project after a run under a wide umask, and every mode that was seen on the way."""
    folder = tmp_path_factory.mktemp("made") / "project"
    write_project(folder, policy([{"user": "a"}, {"user": "b"}]))
    with (folder / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment]}\nbackups: {after: run}\npublishing: {parquet: true}\n")
    write_leads(folder, [lead(n) for n in range(1, 31)], "leads_20260302T1000.csv")
    seen = {}
    before = os.umask(0o002)
    try:
        report = run(load_project(folder), progress=lambda *_: seen.update(modes(folder)))
        seen.update(modes(folder))
        simulate(load_project(folder), "again", START.date())
        seen.update(modes(folder))
        assert os.umask(0o002) == 0o002
    finally:
        os.umask(before)
    return folder, report, seen


@pytest.fixture
def folder(made, tmp_path):
    return shutil.copytree(made[0], tmp_path / "project")


def test_what_holds_personal_data_is_its_owners(made):
    folder, _, seen = made
    shared = {"runs.log", LOCK_FILE}
    loose = {name: oct(bits) for name, bits in seen.items() if bits & 0o077 and name not in shared}
    assert {name: bits for name, bits in loose.items() if not name.startswith("shadows/")} == {}
    assert {"warehouse.duckdb", "backups", ".rr_spill", "shadows"} <= set(seen)
    assert any(name.endswith(".wal") for name in seen)
    assert mode(folder / "shadows") == 0o700


def test_what_is_published_follows_the_umask(made):
    folder, _, _ = made
    files = [path for path in (folder / "published").rglob("*") if path.is_file()]
    assert {oct(mode(path)) for path in files} == {"0o664"}
    assert {oct(mode(path)) for path in (folder / "published", *(folder / "published").glob("**/"))} == {"0o775"}
    assert mode(folder / "landing") & 0o055


def test_modes_that_somebody_has_chosen_stay(folder):
    chosen = {"warehouse.duckdb": 0o640, "backups": 0o750, "landing": 0o770, "published": 0o751, ".": 0o711}
    for name, bits in chosen.items():
        (folder / name).chmod(bits)
    write_leads(folder, [lead(n) for n in range(31, 41)], "leads_20260302T1100.csv")
    run_project(folder)
    assert {name: mode(folder / name) for name in chosen} == chosen


def test_an_export_is_its_owners_until_they_say_otherwise(folder, tmp_path):
    project, output = load_project(folder), tmp_path / "out.csv"
    assert export_messages(project, "csv", output, Wanted()) == 30
    assert mode(output) == 0o600
    output.chmod(0o644)
    export_messages(project, "jsonl", output, Wanted())
    assert mode(output) == 0o644


@pytest.mark.parametrize("what", ["link", "nowhere", "folder", "pipe"])
@pytest.mark.parametrize("name", [LOCK_FILE, JOURNAL_FILE])
def test_a_lock_is_never_followed(tmp_path, name, what):
    precious, path = tmp_path / "precious", tmp_path / name
    precious.write_text("precious, without an end of line")
    {
        "link": lambda: path.symlink_to(precious),
        "nowhere": lambda: path.symlink_to(tmp_path / "new"),
        "folder": path.mkdir,
        "pipe": lambda: os.mkfifo(path),
    }[what]()
    opened = project_lock(tmp_path, "test") if name == LOCK_FILE else open_journal(tmp_path, "test")
    with pytest.raises(RefusedError, match=f"file={name} .*code=FILE_FOREIGN"), opened:
        pass
    assert precious.read_text() == "precious, without an end of line"
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("what", ["file", "database", "manifest", "link", "folder", "warehouse"])
def test_a_backup_never_replaces_what_is_none(folder, tmp_path, what):
    to = tmp_path / "kept.duckdb"
    other = tmp_path / "other"
    other.write_text("other")
    if what == "warehouse":
        to = folder / "warehouse.duckdb"
    else:
        {
            "file": lambda: to.write_text("mine"),
            "database": lambda: shutil.copy(folder / "published" / "routing.duckdb", to),
            "manifest": lambda: manifest_of(to).write_text("{}"),
            "link": lambda: to.symlink_to(other),
            "folder": to.mkdir,
        }[what]()
    before = {path: path.read_bytes() for path in (*tmp_path.iterdir(), to) if path.is_file()}
    with pytest.raises(RefusedError, match="code=BACKUP_TARGET"):
        back_up(load_project(folder), to)
    assert {path: path.read_bytes() for path in before} == before


def test_a_backup_takes_the_place_of_a_backup(folder, tmp_path):
    to = tmp_path / "kept.duckdb"
    first = back_up(load_project(folder), to)
    assert (mode(to), mode(manifest_of(to))) == (0o600, 0o600)
    assert back_up(load_project(folder), to).run_id == first.run_id == read_backup(to).run_id


@pytest.mark.parametrize("what", ["database", "folder", "link"])
def test_an_export_never_replaces_a_database_or_what_is_no_file(folder, tmp_path, what):
    output = {"database": folder / "warehouse.duckdb", "folder": tmp_path / "x", "link": tmp_path / "x"}[what]
    {"database": lambda: None, "folder": output.mkdir, "link": lambda: output.symlink_to(folder / "runs.log")}[what]()
    with pytest.raises(RefusedError, match="code=OUTPUT_FOREIGN"):
        export_messages(load_project(folder), "csv", output, Wanted())
    assert (output.is_symlink(), output.is_dir()) == (what == "link", what == "folder")


def test_a_key_that_everybody_knows_is_warned_of(made, monkeypatch):
    folder, report, _ = made
    assert "HASH_KEY_DEFAULT" in {one.code for one in report.warnings}
    project = load_project(folder)
    assert [one.code for one in preview(project).warnings] == ["HASH_KEY_DEFAULT"]
    keyed = project.model_copy(update={"settings": project.settings.model_copy(update={"hash_key": "k" * 32})})
    assert preview(keyed).warnings == ()
