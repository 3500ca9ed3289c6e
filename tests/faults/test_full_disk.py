"""A disk that is full: a real small file system under the project, or under its published copy alone."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.projects import START, lead, policy, rows, run_project, snapshot, write_leads, write_project
from tests.faults.test_signals import litter

COMMAND = str(Path(sys.executable).with_name("rr-pipeline"))
TABLES = ("warehouse.duckdb", "published/routing.duckdb")
SCRIPT = """
set -e
cp -a "$2" "$3"
mount -t tmpfs -o size=$4 tmpfs "$2"
cp -a "$3/." "$2/"
set +e
"$5" run --project "$1" 2>&1
code=$?
rm -rf "$3"
cp -a "$2" "$3"
exit $code
"""
"""Arguments: project, folder to be small, where what it holds is kept, bytes, command."""


def in_small_space(project, small, size):
    """Run with a folder of the project on a file system of so many bytes; exit code and what was said."""
    kept = project.parent / "kept"
    script = ["sh", "-c", SCRIPT, "sh", str(project), str(small), str(kept), str(size), COMMAND]
    done = subprocess.run(["unshare", "-rm", *script], capture_output=True, text=True, check=False, timeout=120)
    shutil.rmtree(small)
    kept.rename(small)
    return done.returncode, done.stdout + done.stderr


def can_mount():
    test = ["unshare", "-rm", "sh", "-c", "mount -t tmpfs -o size=64k tmpfs /mnt"]
    try:
        return subprocess.run(test, capture_output=True, check=False, timeout=20).returncode == 0
    except OSError:
        return False


pytestmark = pytest.mark.skipif(not can_mount(), reason="needs a file system of its own")


def used(folder):
    """Bytes of a folder's files, each in whole pages; what has two names is counted once for each."""
    return sum(-(-path.stat().st_size // 4096) * 4096 + 4096 for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A project with a run behind it, and a delivery of some size to come."""
    folder = write_project(tmp_path_factory.mktemp("full") / "project", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(folder, [lead(number) for number in range(50)], "leads_20260302T1000.csv")
    run_project(folder)
    write_leads(folder, [lead(number, Name="n" * 400) for number in range(50, 2500)], "leads_20260304T1100.csv")
    return folder


@pytest.fixture(scope="module")
def after(before, tmp_path_factory):
    folder = shutil.copytree(before, tmp_path_factory.mktemp("done") / "project")
    run_project(folder)
    return folder


def check_full(before, after, project, small, room):
    """The run ends with 75 and says why; nothing is lost, nothing is left, and with space it ends as it would have."""
    code, said = in_small_space(project, small, room)
    assert code == 75, said
    assert "the disk is full" in said
    assert "Traceback" not in said
    # A commit that found no room leaves the log of the database, which the next opening reads.
    assert set(litter(project)) <= {"warehouse.duckdb.wal"}
    tables, copy = (snapshot(project / name) for name in TABLES)
    assert tables in (snapshot(before / TABLES[0]), snapshot(after / TABLES[0]))
    assert copy == snapshot(before / TABLES[1])
    if small == project:
        last = json.loads((project / "runs.log").read_text().splitlines()[-1])
        assert last["exit_code"] == 75
    run_project(project)
    assert litter(project) == []
    for name in TABLES:
        assert snapshot(project / name) == snapshot(after / name)


@pytest.mark.slow
@pytest.mark.parametrize("room", [300_000, 900_000])
def test_no_room_for_the_warehouse(before, after, tmp_path, room):
    project = shutil.copytree(before, tmp_path / "project")
    check_full(before, after, project, project, used(project) + room)


@pytest.mark.slow
@pytest.mark.parametrize("room", [100_000, 1_000_000])
def test_no_room_for_the_published_copy(before, after, tmp_path, room):
    """The decisions are committed; the copy before stands until there is room."""
    project = shutil.copytree(before, tmp_path / "project")
    check_full(before, after, project, project / "published", used(project / "published") + room)
    assert snapshot(project / TABLES[0]) == snapshot(after / TABLES[0])


@pytest.mark.slow
@pytest.mark.parametrize(("more", "room"), [(0, 300_000), (20_000, 100_000_000)])
def test_no_room_for_what_does_not_fit_into_memory(before, tmp_path, more, room):
    """The least memory that a project may ask for, too little for some tables with room to spill, too."""
    project = shutil.copytree(before, tmp_path / "project")
    many = [lead(number, at=START, Name="n" * 800) for number in range(10_000, 10_000 + more)]
    if many:
        write_leads(project, many, "leads_20260304T1200.csv")
    settings = (project / "project.yaml").read_text()
    (project / "project.yaml").write_text(f"{settings}engine: {{memory_limit: 100MB}}\n")
    spill = project / ".rr_spill"
    spill.mkdir()
    code, said = in_small_space(project, spill, room)
    assert code == 75, said
    assert "the disk is full: .rr_spill/ in the project has no room" in said
    assert "engine.memory_limit" in said
    assert "Traceback" not in said
    spill.rmdir()
    assert litter(project) == []
    for name in TABLES:
        assert snapshot(project / name) == snapshot(before / name)
    (project / "project.yaml").write_text(settings)
    run_project(project)
    assert rows(project, "select count(*) from marts.fct_items where outcome = 'assigned'") == [(2500 + more,)]
