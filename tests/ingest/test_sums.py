"""Sums remembered from run to run: a file is read again as soon as anything about it differs."""

import hashlib
import os

import pytest

from rr_pipeline.ingest import sums
from rr_pipeline.ingest.results import FileRefusedError
from rr_pipeline.ingest.sums import Sums

LIMIT = 10**6


@pytest.fixture
def place(tmp_path):
    return tmp_path / "sums.json"


@pytest.fixture
def reads(monkeypatch):
    names = []
    real = sums.hash_file
    monkeypatch.setattr(sums, "hash_file", lambda path, limit: names.append(path.name) or real(path, limit))
    monkeypatch.setattr(sums, "_RACY_NS", -(10**18))
    return names


def write(path, text):
    path.write_text(text)
    return path, (hashlib.sha256(text.encode()).hexdigest(), len(text))


def ask(place, path):
    remembered = Sums.read(place)
    found = remembered.of(path, path.name, LIMIT)
    remembered.save()
    return found


def test_a_file_nobody_touched_is_read_once(tmp_path, place, reads):
    path, expected = write(tmp_path / "a.csv", "one")
    assert [ask(place, path) for _ in range(3)] == [expected] * 3
    assert reads == ["a.csv"]


def other_bytes_same_size_and_time(path):
    before = path.stat()
    path.write_text("two")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path):
    before = path.stat()
    fresh = path.with_name("fresh")
    fresh.write_text("two")
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(fresh, path)


@pytest.mark.parametrize("change", [other_bytes_same_size_and_time, replaced, lambda path: path.write_text("twos")])
def test_a_file_with_other_bytes_is_read_again(tmp_path, place, reads, change):
    path, _ = write(tmp_path / "a.csv", "one")
    ask(place, path)
    change(path)
    assert ask(place, path)[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert reads == ["a.csv", "a.csv"]


def test_a_file_changed_a_moment_ago_is_not_trusted(tmp_path, place):
    path, expected = write(tmp_path / "a.csv", "one")
    assert ask(place, path) == expected
    assert not place.exists()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a.csv": 7}', '{"a.csv": [1, 2]}', "\x00"])
def test_sums_that_cannot_be_read_are_made_again(tmp_path, place, reads, text):
    path, expected = write(tmp_path / "a.csv", "one")
    place.write_text(text)
    assert ask(place, path) == expected
    assert reads == ["a.csv"]


def test_files_that_are_gone_are_forgotten_and_refused(tmp_path, place, reads):
    path, _ = write(tmp_path / "a.csv", "one")
    other, _ = write(tmp_path / "b.csv", "two")
    ask(place, path)
    ask(place, other)
    assert "a.csv" not in place.read_text()
    other.unlink()
    with pytest.raises(FileRefusedError):
        ask(place, other)


def test_a_file_beyond_the_limit_is_refused_though_its_sum_is_known(tmp_path, place, reads):
    path, _ = write(tmp_path / "a.csv", "one")
    ask(place, path)
    with pytest.raises(FileRefusedError):
        Sums.read(place).of(path, path.name, 1)
