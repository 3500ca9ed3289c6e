"""Which files are read by whom, and which are never opened."""

from __future__ import annotations

import os
import socket

import pytest

from rr_pipeline.errors import RefusedError
from rr_pipeline.ingest import Bounds, discover, what_is_read
from rr_pipeline.ingest.discover import printable

GOOD = "Id,Created,Email\n1,2026-01-01,a@x.com\n"


def test_no_landing_folder_is_an_empty_result(room):
    room.landing.rmdir()
    report = room.ingest()
    assert (report.files, report.drift, report.unmatched, report.new_file_ids) == ((), (), (), ())
    assert room.raw() == []


def test_no_files_is_an_empty_result_and_a_required_source_is_named(room, make_source):
    room.sources = (make_source(optional=False), make_source("other", location="o*.csv"))
    report = room.ingest()
    assert report.files == ()
    assert [(problem.code, problem.field) for problem in report.problems] == [("FILE_ABSENT", "sources.leads")]


@pytest.mark.parametrize("name", ["a\nb.csv", 'a"b.csv', "a'b.csv", "a..csv", "a\tb.csv", "a\x7fb.csv", "a\\b.csv"])
def test_bad_name_is_refused_unopened(room, name, code_of):
    path = room.deliver(name, GOOD)
    path.chmod(0)
    (report,) = room.ingest().files
    assert code_of(report) == "FILE_NAME"
    assert "\n" not in str(report.problems[0])


def test_name_that_is_no_utf8_is_refused(room, code_of):
    with open(os.fsencode(room.landing) + b"/\xff.csv", "wb") as file:
        file.write(GOOD.encode())
    (report,) = room.ingest().files
    assert code_of(report) == "FILE_NAME"
    assert report.file_name == printable("\udcff.csv") == "\\udcff.csv"


def test_symlink_pipe_folder_and_socket_are_refused_and_nothing_hangs(room, code_of):
    outside = room.folder.parent / "outside.csv"
    outside.write_text(GOOD)
    (room.landing / "link.csv").symlink_to(outside)
    (room.landing / "gone.csv").symlink_to("nowhere")
    os.mkfifo(room.landing / "pipe.csv")
    (room.landing / "folder.csv").mkdir()
    here = os.getcwd()
    os.chdir(room.landing)  # the path of a socket may be 100 bytes long
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind("socket.csv")
        os.chdir(here)
        report = room.ingest()
    assert [(one.file_name, code_of(one)) for one in report.files] == [
        (name, "FILE_NOT_REGULAR") for name in ("folder.csv", "gone.csv", "link.csv", "pipe.csv", "socket.csv")
    ]
    assert room.raw() == []


def test_a_landing_folder_that_is_a_file_refuses_the_run(room):
    room.landing.rmdir()
    room.landing.write_text("x")
    with pytest.raises(RefusedError, match="LANDING_UNREADABLE"):
        room.ingest()


def test_files_in_a_linked_folder_are_not_read(room, make_source):
    outside = room.folder.parent / "outside"
    outside.mkdir()
    (outside / "a.csv").write_text(GOOD)
    (room.landing / "sub").symlink_to(outside)
    room.sources = (make_source(location="**/*.csv"),)
    assert room.ingest().files == ()


def test_a_file_of_two_sources_is_refused_for_both(room, make_source, code_of):
    room.sources = (make_source("leads", location="l*.csv"), make_source("more", location="*ads.csv"))
    room.deliver("leads.csv", GOOD)
    report = room.ingest()
    assert [(one.source, code_of(one)) for one in report.files] == [
        ("leads", "FILE_AMBIGUOUS"),
        ("more", "FILE_AMBIGUOUS"),
    ]
    assert "leads, more" in report.files[0].problems[0].message


def test_files_of_no_source_are_named_hidden_ones_and_manifests_are_not(room, make_source):
    room.sources = (make_source(options={"manifest": "SUMS"}, location="leads.csv"),)
    for name in ("leads.CSV", "leads.csv.bak", ".leads.csv", "SUMS", ".git/leads.csv"):
        room.deliver(name, GOOD)
    assert room.ingest().unmatched == ("leads.CSV", "leads.csv.bak")


def test_glob_letters_in_a_name_mean_themselves(room):
    room.deliver("leads [final]*.csv", GOOD)
    room.deliver("leads f.csv", GOOD.replace("1,", "2,"))
    assert {one.status for one in room.ingest().files} == {"loaded"}
    assert sorted(row[1] for row in room.raw()) == ["1", "2"]


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("*.csv", ["a.csv"]),
        ("*/*.csv", ["x/b.csv"]),
        ("**/*.csv", ["a.csv", "x/b.csv", "x/y/c.csv"]),
        ("x/**/*.csv", ["x/b.csv", "x/y/c.csv"]),
        ("./x/b.csv", ["x/b.csv"]),
        ("?.csv", ["a.csv"]),
        ("[a-b].csv", ["a.csv"]),
    ],
)
def test_patterns(room, location, found, make_source):
    for name in ("a.csv", "x/b.csv", "x/y/c.csv"):
        room.deliver(name, GOOD)
    discovery = discover(room.landing, [make_source(location=location)])
    assert [one.name for one in discovery.delivered] == found


def test_what_a_run_would_look_at_is_what_sources_match_and_their_manifests(room, make_source):
    room.sources = (make_source(location="in/*.csv", options={"manifest": "sums.txt"}),)
    for name in ("in/a.csv", "in/sums.txt", "in/other.txt", "in/.b.csv", "a.csv"):
        room.deliver(name, GOOD)
    (room.landing / "in" / "link.csv").symlink_to("nowhere")
    found = what_is_read(room.landing, room.sources)
    assert sorted(found) == ["in/a.csv", "in/link.csv", "in/sums.txt"]
    assert found["in/a.csv"].st_size == len(GOOD)
    assert what_is_read(room.landing / "none", room.sources) == {}


def test_a_file_that_is_not_whole_is_left_and_taken_up_when_it_is(room):
    room.deliver("a.csv", GOOD)
    room.deliver("b.csv", GOOD.replace("1", "2"))
    report = room.ingest(bounds=Bounds(whole=frozenset({"a.csv", "gone.csv"})))
    assert [(file.file_name, file.status) for file in report.files] == [("a.csv", "loaded")]
    assert (report.unfinished_count, report.waiting_count) == (1, 0)
    report = room.ingest(bounds=Bounds(whole=frozenset({"a.csv", "b.csv"})))
    assert [(file.file_name, file.status) for file in report.files] == [("a.csv", "known"), ("b.csv", "loaded")]
    assert report.unfinished_count == 0
