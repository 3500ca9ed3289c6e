"""Which files are whole: by what the system tells, and where it does not, by two looks."""

import os

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.watch.events import News, mark_of
from rr_pipeline.watch.landing import Landing
from tests.e2e.projects import policy, write_project

FIRST, SECOND = "leads_20260401T0000.csv", "leads_20260402T0000.csv"


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def landing(tmp_path):
    project = load_project(write_project(tmp_path / "project", policy([{"user": "ann"}])))
    return Landing(project.landing, project.sources, Clock())


def write(landing, name, text="Id\n1\n"):
    path = landing.root / name
    path.write_text(text)
    return path


def news(landing, kind, path):
    name = path.relative_to(landing.root).as_posix()
    return News(kind, name, landing.clock.now, mark_of(path.lstat()) if path.exists() else None)


def whole(landing):
    return set(landing.look().whole)


def test_a_file_that_was_closed_after_writing_is_whole_at_once(landing):
    path = write(landing, FIRST)
    assert not landing.hear([news(landing, "created", path), news(landing, "opened", path)])
    assert whole(landing) == set()
    assert landing.hear([news(landing, "finished", path)])
    assert whole(landing) == {FIRST}
    assert not landing.last.is_unsettled


def test_a_file_that_is_open_is_not_whole_however_long_it_stays_the_same(landing):
    path = write(landing, FIRST)
    landing.hear([news(landing, "created", path), news(landing, "opened", path)])
    for seconds in (0, 1, 10, 100):
        landing.clock.now = 100 + seconds
        look = landing.look()
        assert look.whole == {}
        assert look.open == {FIRST: seconds}
    landing.hear([news(landing, "finished", path)])
    look = landing.look()
    assert (set(look.whole), look.open) == ({FIRST}, {})


def test_a_file_that_is_written_to_again_is_whole_again_when_it_is_closed_again(landing):
    path = write(landing, FIRST)
    landing.hear([news(landing, "finished", path)])
    assert whole(landing) == {FIRST}
    landing.hear([news(landing, "opened", path)])
    # A reader may have it open: what was whole stays so until it changes.
    assert whole(landing) == {FIRST}
    with path.open("a") as file:
        file.write("2\n")
    assert whole(landing) == set()
    landing.hear([news(landing, "finished", path)])
    assert whole(landing) == {FIRST}


def test_without_news_two_looks_a_second_apart_decide(landing):
    path = write(landing, FIRST)
    assert whole(landing) == set()
    assert landing.last.is_unsettled
    landing.clock.now += 0.9
    assert whole(landing) == set()
    landing.clock.now += 0.1
    assert whole(landing) == {FIRST}
    with path.open("a") as file:
        file.write("2\n")
    assert whole(landing) == set()
    landing.clock.now += 1
    assert whole(landing) == {FIRST}


@pytest.mark.parametrize("what", ["size", "time"])
def test_a_file_that_grows_between_looks_is_not_whole(landing, what):
    path = write(landing, FIRST)
    for _ in range(5):
        assert whole(landing) == set()
        landing.clock.now += 1
        if what == "size":
            path.write_text(path.read_text() + "x\n")
        else:
            os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))
    assert whole(landing) == set()


def test_after_a_reader_has_closed_it_two_looks_decide(landing):
    path = write(landing, FIRST)
    landing.hear([news(landing, "opened", path), news(landing, "closed", path)])
    assert whole(landing) == set()
    landing.clock.now += 1
    assert whole(landing) == {FIRST}


def test_only_what_a_source_reads_counts_and_folders_are_walked(landing):
    (landing.root / "deep").mkdir()
    names = ("other.txt", ".leads_hidden.csv", f"deep/{FIRST}", SECOND)
    for name in names:
        write(landing, name)
    landing.look()
    landing.clock.now += 1
    assert whole(landing) == {SECOND}


def test_a_link_is_whole_so_that_a_run_can_refuse_it(landing):
    (landing.root / FIRST).symlink_to("elsewhere")
    assert whole(landing) == {FIRST}


def test_what_is_new_is_what_no_run_was_given_with_these_bytes(landing):
    paths = [write(landing, name) for name in (FIRST, SECOND)]
    landing.hear([news(landing, "finished", path) for path in paths])
    landing.look()
    assert landing.new() == {FIRST, SECOND}
    assert landing.take() == {FIRST, SECOND}
    landing.look()
    assert landing.new() == set()
    write(landing, SECOND, "Id\n1\n2\n")
    landing.hear([news(landing, "finished", paths[1])])
    landing.look()
    assert landing.new() == {SECOND}
    paths[0].unlink()
    landing.hear([news(landing, "gone", paths[0])])
    landing.look()
    assert landing.new() == {SECOND}
    assert landing.take() == {SECOND}


def test_a_file_that_goes_and_comes_back_starts_anew(landing):
    path = write(landing, FIRST)
    landing.hear([news(landing, "finished", path)])
    landing.look()
    landing.take()
    path.unlink()
    landing.look()
    write(landing, FIRST, "Id\n2\n")
    assert whole(landing) == set()
    assert landing.since == {}


def test_a_folder_that_cannot_be_listed_is_told(landing):
    landing.root.rmdir()
    landing.root.write_text("")
    with pytest.raises(RefusedError, match="LANDING_UNREADABLE"):
        landing.look()


def test_a_missing_folder_holds_nothing(landing):
    landing.root.rmdir()
    assert whole(landing) == set()
