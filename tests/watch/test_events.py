"""What inotify tells, by real files: each way of delivering one ends in 'finished', and not before."""

import os
import shutil
import sys
import threading
import time

import pytest

from rr_pipeline.watch.events import Events, mark_of

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")


class Listening(Events):
    """Events, and all that has been told of each name so far."""

    def __init__(self, root):
        self.called = threading.Event()
        super().__init__(root, self.called.set)
        self.all = []

    def kinds(self, name):
        self.all += self.take()
        return [one.kind for one in self.all if one.name == name]

    def wait_for(self, kind, name):
        until = time.monotonic() + 20
        while kind not in self.kinds(name):
            assert time.monotonic() < until, (kind, name, self.all)
            time.sleep(0.01)
        return self.kinds(name)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "landing").mkdir()
    return tmp_path / "landing"


@pytest.fixture
def events(root):
    made = Listening(root)
    yield made
    made.end()


def test_a_writer_is_heard_when_it_opens_and_when_it_closes(root, events):
    with (root / "a.csv").open("w") as file:
        events.wait_for("opened", "a.csv")
        file.write("x")
        file.flush()
        time.sleep(0.1)
        assert events.kinds("a.csv") == ["created", "opened"]
    assert events.wait_for("finished", "a.csv") == ["created", "opened", "finished"]
    assert events.all[-1].mark == mark_of((root / "a.csv").stat())
    assert events.called.is_set()


def test_a_hidden_name_is_not_heard_and_its_rename_finishes(root, events):
    (root / ".a.part").write_text("x")
    os.rename(root / ".a.part", root / "a.csv")
    assert events.wait_for("finished", "a.csv") == ["finished"]
    assert {one.name for one in events.all} == {"a.csv"}


def test_a_file_moved_here_from_elsewhere_is_finished(root, events, tmp_path):
    (tmp_path / "a.csv").write_text("x")
    os.rename(tmp_path / "a.csv", root / "a.csv")
    assert events.wait_for("finished", "a.csv") == ["finished"]


def test_a_link_is_created_and_nobody_opens_it(root, events, tmp_path):
    (tmp_path / "a.csv").write_text("x")
    os.link(tmp_path / "a.csv", root / "a.csv")
    assert events.wait_for("created", "a.csv") == ["created"]


def test_other_times_and_rights_are_no_news(root, events):
    (root / "a.csv").write_text("x")
    events.wait_for("finished", "a.csv")
    os.utime(root / "a.csv", (1, 1))
    os.chmod(root / "a.csv", 0o600)
    (root / "b.csv").write_text("x")
    events.wait_for("finished", "b.csv")
    assert events.kinds("a.csv") == ["created", "opened", "finished"]


def test_a_reader_is_told_apart_from_a_writer(root, events):
    (root / "a.csv").write_text("x")
    events.wait_for("finished", "a.csv")
    events.called.clear()
    (root / "a.csv").read_text()
    assert events.wait_for("closed", "a.csv")[-2:] == ["opened", "closed"]
    # Nobody needs to look because of that: a run reads, too.
    assert not events.called.is_set()


def test_what_is_moved_away_or_removed_is_gone(root, events, tmp_path):
    for name in ("a.csv", "b.csv"):
        (root / name).write_text("x")
    os.rename(root / "a.csv", tmp_path / "a.csv")
    (root / "b.csv").unlink()
    events.wait_for("gone", "a.csv")
    events.wait_for("gone", "b.csv")


def test_a_folder_made_or_moved_here_is_told_and_files_in_it_once_it_is_watched(root, events, tmp_path):
    (root / "made").mkdir()
    events.wait_for("folder", "made")
    (tmp_path / "moved").mkdir()
    shutil.move(tmp_path / "moved", root / "moved")
    events.wait_for("folder", "moved")
    events.begin_again()
    for name in ("made/a.csv", "moved/a.csv"):
        (root / name).write_text("x")
        events.wait_for("finished", name)


def test_it_says_that_it_works_until_the_folder_is_removed(root, events):
    assert events.is_working()
    root.rmdir()
    until = time.monotonic() + 20
    while events.is_working():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_a_folder_that_is_not_there_cannot_be_heard(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        Events(tmp_path / "none", lambda: None)
