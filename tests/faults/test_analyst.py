"""An analyst who opens the published copy for writing: nobody is locked out for longer than they hold it."""

import os
import shutil

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.publishing.publish import publish_project
from rr_pipeline.warehouse import open_analyst
from tests import command_line
from tests.e2e.projects import lead, policy, run_project, snapshot, write_leads, write_project
from tests.faults.analyst import analyst, keeping_names, killed_analyst

COPY = "published/routing.duckdb"
READERS = (
    ("state",),
    ("explain", "L00001"),
    ("outbox", "list"),
    ("outbox", "export", "--output", "out.csv"),
    ("policy", "list"),
)


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    folder = tmp_path_factory.mktemp("decided") / "project"
    write_project(folder, policy([{"user": "a"}, {"user": "b"}]))
    with (folder / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment]}\n")
    write_leads(folder, [lead(n) for n in range(1, 11)], "leads_20260302T1000.csv")
    run_project(folder)
    return folder


@pytest.fixture
def folder(decided, tmp_path, monkeypatch):
    folder = shutil.copytree(decided, tmp_path / "project", copy_function=keeping_names())
    monkeypatch.chdir(folder)
    monkeypatch.delenv("RR_PROJECT", raising=False)
    return folder


def say(*arguments):
    """Exit code and everything said of a command."""
    code, out, err = command_line.say(*arguments)
    return code, out + err


def more(folder):
    write_leads(folder, [lead(n) for n in range(11, 21)], "leads_20260302T1100.csv")


def aside(folder):
    return sorted(path.name for path in (folder / "published").glob("*.aside-*"))


def everybody_reads(folder):
    for arguments in READERS:
        assert say(*arguments)[0] == 0, arguments
    with open_analyst(folder / COPY) as con:
        assert con.execute("select count(*) from duckdb_tables() where table_name = 'notes'").fetchall() == [(0,)]


def test_a_run_publishes_beside_an_analyst_who_writes(folder):
    with analyst(folder / COPY):
        more(folder)
        code, told = say("run")
        assert code == 0
        assert "COPY_LOG" in told
        assert "routing.duckdb.wal.aside-1" in told
        everybody_reads(folder)
    assert len(aside(folder)) == 1
    assert (folder / "published" / aside(folder)[0]).stat().st_size > 0
    everybody_reads(folder)
    assert snapshot(folder / COPY)["marts.fct_items"] == snapshot(folder / "warehouse.duckdb")["marts.fct_items"]


@pytest.mark.slow
def test_a_log_that_comes_after_the_publishing_is_set_aside_by_whoever_reads(folder):
    with analyst(folder / COPY, ""):
        more(folder)
        assert say("run")[0] == 0
        (folder / "published" / "routing.duckdb.wal").write_bytes(b"not the log of this copy")
        everybody_reads(folder)
    assert aside(folder) == ["routing.duckdb.wal.aside-1"]


@pytest.mark.slow
@pytest.mark.parametrize("command", ["state", "publish", "run"])
def test_what_a_killed_analyst_left_is_set_aside_and_kept(folder, command):
    before = (folder / COPY).read_bytes()
    killed_analyst(folder / COPY)
    log = (folder / "published" / "routing.duckdb.wal").read_bytes()
    code, told = say(command)
    assert code == 0, told
    assert "set aside as routing.duckdb.wal.aside-1" in told.replace("\n", " ")
    assert (folder / "published" / "routing.duckdb.wal.aside-1").read_bytes() == log
    assert (folder / COPY).read_bytes() == before
    everybody_reads(folder)
    # Another one takes no name away.
    killed_analyst(folder / COPY)
    assert say("state")[0] == 0
    assert aside(folder) == ["routing.duckdb.wal.aside-1", "routing.duckdb.wal.aside-2"]


@pytest.mark.slow
def test_a_copy_that_somebody_writes_to_is_said_to_be_open_by_its_process(folder):
    with analyst(folder / COPY) as process:
        for arguments in READERS:
            code, told = say(*arguments)
            assert code == 73, (arguments, told)
            assert f"code=COPY_HELD: process {process.pid} has the published copy open for writing" in told
        # Nothing new: the run says it, and changes nothing; publishing puts a fresh copy in its place.
        code, told = say("run")
        assert (code, "COPY_HELD" in told, aside(folder)) == (0, True, [])
        assert say("state")[0] == 73
        code, told = say("publish")
        assert (code, "whole already" in told) == (0, False)
        everybody_reads(folder)
    everybody_reads(folder)
    assert say("publish")[1].count("is whole already") == 1


@pytest.mark.slow
def test_an_analyst_of_the_named_copy_disturbs_no_run(folder):
    with analyst(folder / "published" / "routing.run-000001.duckdb"):
        more(folder)
        assert say("run")[0] == 0
        everybody_reads(folder)
    more_names = sorted(path.name for path in (folder / "published").iterdir())
    write_leads(folder, [lead(n) for n in range(21, 31)], "leads_20260302T1200.csv")
    assert say("run")[0] == 0
    everybody_reads(folder)
    assert not list((folder / "published").glob("*.wal")), more_names


@pytest.mark.slow
def test_where_the_log_may_not_be_moved_the_copy_is_read_by_its_other_name(folder, monkeypatch):
    def may_not(*_, **__):
        raise PermissionError(13, "no")

    killed_analyst(folder / COPY)
    monkeypatch.setattr("rr_pipeline.warehouse.logs.os.link", may_not)
    everybody_reads(folder)
    (folder / "published" / "routing.run-000001.duckdb.wal").write_bytes(b"another")
    code, told = say("state")
    assert (code, "COPY_LOG" in told) == (75, True)
    monkeypatch.undo()
    os.chdir(folder)
    for path in (folder / "published", folder / COPY):
        path.chmod(0o500)
    assert publish_project(load_project(folder))["run_id"] == "run-000001"


@pytest.mark.slow
def test_a_shadow_is_compared_with_a_copy_that_has_a_log(folder):
    killed_analyst(folder / COPY)
    code, told = say("simulate", "--from", "2026-03-02", "--name", "again")
    assert code == 0, told
    killed_analyst(folder / "shadows" / "again" / COPY)
    assert say("simulate", "--compare", "again", "again")[0] == 0
    with analyst(folder / COPY):
        assert say("simulate", "--from", "2026-03-02", "--name", "third")[0] == 73


@pytest.mark.parametrize("what", ["cut", *(pytest.param(one, marks=pytest.mark.slow) for one in ("spoilt", "foreign"))])
def test_a_copy_that_cannot_be_read_is_called_that(folder, what):
    path = folder / COPY
    content = path.read_bytes()
    path.unlink()
    cut = {"cut": content[:5000], "spoilt": bytes(4096) + content[4096:], "foreign": b"nothing of ours" * 1000}
    path.write_bytes(cut[what])
    code, told = say("state")
    assert (code, "code=COPY_DAMAGED" in told) == (2, True), told
    assert say("publish")[0] == 0
    everybody_reads(folder)
