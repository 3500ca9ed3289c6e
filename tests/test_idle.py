"""A run that files alone show to have nothing to do: nothing that could give it something goes unseen."""

import os
import subprocess
import sys

import pytest

from rr_pipeline import idle

PLACES = idle.Places("landing", "warehouse.duckdb", "published")
REPORT = {"message": "nothing new", "as_of": None}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A project folder as runs leave it, looked at long after its files were written."""
    later = idle.time.time_ns() + 60 * 10**9
    monkeypatch.setattr(idle.time, "time_ns", lambda: later)
    monkeypatch.setenv("HASH_KEY", "a long key of some kind")
    for name in ("landing/north", "policies", "published"):
        (tmp_path / name).mkdir(parents=True)
    for name, text in {
        "project.yaml": "name: test\nhash_key: ${HASH_KEY}\n",
        "sources.yaml": "sources: {}\n",
        "exceptions.csv": "kind\n",
        "policies/v1.yaml": "version: v1\n",
        "landing/north/leads.csv": "Id\nL1\n",
        "warehouse.duckdb": "rows",
        "published/routing.duckdb": "rows",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def remember(folder):
    idle.remember(folder, PLACES, idle.look(folder, PLACES), "test", REPORT)


def test_what_is_as_it_was_is_idle(folder):
    remember(folder)
    assert idle.recall(folder) == ("test", REPORT)
    assert idle.recall(folder) == ("test", REPORT)


def rewritten(name):
    # The same size and the same time of change: only the file system's own mark tells.
    def change(folder):
        path = folder / name
        found = path.stat()
        path.write_text(path.read_text().swapcase())
        os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))

    return change


CHANGES = {
    "config": rewritten("project.yaml"),
    "a feed": rewritten("sources.yaml"),
    "tokens": rewritten("exceptions.csv"),
    "no more tokens": lambda folder: (folder / "exceptions.csv").unlink(),
    "a policy": rewritten("policies/v1.yaml"),
    "a new policy": lambda folder: (folder / "policies/v2.yaml").write_text("version: v2\n"),
    "a policy gone": lambda folder: (folder / "policies/v1.yaml").unlink(),
    "a variable": lambda folder: os.environ.update(HASH_KEY="another long key"),
    "a delivery": lambda folder: (folder / "landing/more.csv").write_text("Id\n"),
    "a delivery in a folder": lambda folder: (folder / "landing/north/more.csv").write_text("Id\n"),
    "a delivery with other bytes": rewritten("landing/north/leads.csv"),
    "a delivery gone": lambda folder: (folder / "landing/north/leads.csv").unlink(),
    "a link": lambda folder: (folder / "landing/link.csv").symlink_to(folder / "landing/north/leads.csv"),
    "no landing": lambda folder: (folder / "landing").rename(folder / "elsewhere"),
    "the warehouse": rewritten("warehouse.duckdb"),
    "no warehouse": lambda folder: (folder / "warehouse.duckdb").unlink(),
    "a log of the warehouse": lambda folder: (folder / "warehouse.duckdb.wal").write_text("x"),
    "the published copy": rewritten("published/routing.duckdb"),
    "no published copy": lambda folder: (folder / "published/routing.duckdb").unlink(),
    "a log of the copy": lambda folder: (folder / "published/routing.duckdb.wal").write_text("x"),
    "another version": lambda folder: setattr(idle, "__version__", "0.0.0"),
    "a damaged stamp": lambda folder: (folder / idle.STAMP_FILE).write_text("{"),
    "a stamp of something else": lambda folder: (folder / idle.STAMP_FILE).write_text("[1]"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_means_a_whole_run(folder, monkeypatch, change):
    monkeypatch.setattr(idle, "__version__", idle.__version__)
    remember(folder)
    CHANGES[change](folder)
    assert idle.recall(folder) is None


def test_what_changed_a_moment_ago_is_not_trusted(folder, monkeypatch):
    monkeypatch.undo()
    remember(folder)
    assert not (folder / idle.STAMP_FILE).exists()


def test_a_delivery_that_came_while_the_run_worked_is_not_taken_for_seen(folder):
    before = idle.look(folder, PLACES)
    (folder / "landing/more.csv").write_text("Id\n")
    idle.remember(folder, PLACES, before, "test", REPORT)
    assert idle.recall(folder) is None


def test_an_earlier_stamp_goes_when_a_run_cannot_tell(folder):
    remember(folder)
    idle.remember(folder, PLACES, None, "test", REPORT)
    assert not (folder / idle.STAMP_FILE).exists()


def test_it_costs_no_heavy_import():
    heavy = "duckdb polars pydantic yaml numba great_expectations rich typer"
    code = f"import sys, rr_pipeline.idle; print([name for name in '{heavy}'.split() if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
