"""The log beside a warehouse after a kill: damaged or lost, it is never deleted, and no published run is forgotten."""

import shutil

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import Exit, LockedError, RefusedError
from rr_pipeline.maintenance.backups import back_up
from rr_pipeline.maintenance.restore import restore
from tests.e2e.projects import lead, policy, run_project, snapshot, write_leads, write_project
from tests.faults.child import VANISHED, start, vanish_after

TABLES = ("warehouse.duckdb", "published/routing.duckdb")


@pytest.fixture(scope="module")
def before(tmp_path_factory):
    """A project with a run and its backup behind it, and a delivery to come."""
    folder = write_project(tmp_path_factory.mktemp("log") / "before", policy([{"user": "a"}, {"user": "b"}]))
    write_leads(folder, [lead(number) for number in range(50)], "leads_20260302T1000.csv")
    run_project(folder)
    back_up(load_project(folder))
    write_leads(folder, [lead(number) for number in range(50, 100)], "leads_20260304T1100.csv")
    return folder


def killed(before, what):
    folder = shutil.copytree(before, before.with_name(what))
    process = start(folder, vanish_after, what)
    process.join()
    assert process.exitcode == VANISHED
    assert (folder / "warehouse.duckdb.wal").stat().st_size > 0
    return folder


@pytest.fixture(scope="module")
def published(before):
    """A run that was killed as soon as it was published: its commit is in the log alone."""
    return killed(before, "publish")


@pytest.fixture(scope="module")
def committed(before):
    """A run that was killed as soon as it had committed: nobody has seen what it decided."""
    return killed(before, "commit")


@pytest.fixture(scope="module")
def after(before):
    folder = shutil.copytree(before, before.with_name("after"))
    run_project(folder)
    return folder


def spoil(path, how):
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        flipped = bytearray(content)
        flipped[len(content) // 2] ^= 1
        texts = {"cut": content[: len(content) // 2], "foreign": b"nothing of ours" * 99, "empty": b"", "flip": flipped}
        path.write_bytes(texts[how])


def files_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("warehouse*")) if path.is_file()}


@pytest.mark.parametrize(
    ("what", "how", "code"),
    [
        ("warehouse.duckdb.wal", "cut", "WAREHOUSE_BEHIND"),
        ("warehouse.duckdb.wal", "foreign", "WAREHOUSE_BEHIND"),
        ("warehouse.duckdb.wal", "empty", "WAREHOUSE_BEHIND"),
        ("warehouse.duckdb.wal", "gone", "WAREHOUSE_BEHIND"),
        ("warehouse.duckdb.wal", "flip", "WAREHOUSE_DAMAGED"),
        ("warehouse.duckdb", "cut", "WAREHOUSE_DAMAGED"),
        ("warehouse.duckdb", "foreign", "WAREHOUSE_DAMAGED"),
        ("warehouse.duckdb", "gone", "WAREHOUSE_MISSING"),
    ],
)
def test_what_cannot_be_read_is_refused_and_left(published, tmp_path, what, how, code):
    folder = shutil.copytree(published, tmp_path / "project")
    spoil(folder / what, how)
    left, copy = files_of(folder), (folder / TABLES[1]).read_bytes()
    with pytest.raises(RefusedError, match=rf"code={code}: .*rr-pipeline restore") as refused:
        run_project(folder)
    assert refused.value.exit_code == Exit.REFUSED
    assert files_of(folder) == left
    assert (folder / TABLES[1]).read_bytes() == copy


@pytest.mark.parametrize("how", ["cut", pytest.param("flip", marks=pytest.mark.slow)])
def test_restored_and_run_again_the_tables_are_those_of_an_undisturbed_run(published, after, tmp_path, how):
    folder = shutil.copytree(published, tmp_path / "project")
    spoil(folder / "warehouse.duckdb.wal", how)
    left = files_of(folder)
    done = restore(load_project(folder))
    assert (done.run_id, done.later_files) == ("run-000001", 1)
    assert [(folder / name).read_bytes() for name in done.set_aside] == list(left.values())
    run_project(folder)
    for name in TABLES:
        assert snapshot(folder / name) == snapshot(after / name)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "whole", "foreign", "gone"])
def test_what_nobody_has_seen_is_decided_again(committed, after, tmp_path, how):
    """A log cut short is what a kill during the commit leaves: that run has not been."""
    folder = shutil.copytree(committed, tmp_path / "project")
    if how != "whole":
        spoil(folder / "warehouse.duckdb.wal", how)
    run_project(folder)
    for name in TABLES:
        assert snapshot(folder / name) == snapshot(after / name)


def test_a_log_alone_is_what_is_left_of_a_warehouse(committed, tmp_path):
    folder = shutil.copytree(committed, tmp_path / "project")
    shutil.rmtree(folder / "published")
    spoil(folder / "warehouse.duckdb", "gone")
    left = files_of(folder)
    with pytest.raises(RefusedError, match=r"code=WAREHOUSE_MISSING: .*warehouse\.duckdb\.wal"):
        run_project(folder)
    assert files_of(folder) == left


@pytest.mark.parametrize("what", ["before", "published"])
@pytest.mark.parametrize("is_read_only", [True, False])
def test_a_warehouse_open_in_this_very_process_is_not_taken_for_damaged(request, tmp_path, what, is_read_only):
    """In a notebook, say; with a log beside it or without."""
    folder = shutil.copytree(request.getfixturevalue(what), tmp_path / "project")
    with duckdb.connect(str(folder / TABLES[0]), read_only=is_read_only):
        with pytest.raises(LockedError, match="or elsewhere in this one"):
            run_project(folder)
        with pytest.raises((LockedError, RefusedError), match=r"is open|code=WAREHOUSE_IN_ORDER"):
            restore(load_project(folder))


@pytest.mark.slow
def test_an_older_file_in_the_warehouses_place_is_refused_and_both_ways_on_work(before, after, tmp_path):
    folder = shutil.copytree(after, tmp_path / "project")
    shutil.copyfile(before / TABLES[0], folder / TABLES[0])
    with pytest.raises(RefusedError, match=r"code=WAREHOUSE_BEHIND: .*run-000002.*run-000001"):
        run_project(folder)
    (folder / "published").rename(folder / "away")
    run_project(folder)
    for name in TABLES:
        assert snapshot(folder / name) == snapshot(after / name)
