"""A warehouse that is gone, cut or spoilt: restored from its backup, and nothing is lost."""

import json
import shutil

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.maintenance.backups import back_up, find_backups, manifest_of
from rr_pipeline.maintenance.restore import restore, restore_from_landing
from tests.e2e.projects import lead, policy, rows, run_project, snapshot, write_leads, write_project

DECIDED = "select item_id, owner_id, assigned_at, outcome from marts.fct_items order by item_seq"


def project(folder):
    write_project(folder, policy([{"user": "a"}, {"user": "b", "weight": 2}], limits={"daily": 30}))
    write_leads(folder, [lead(n) for n in range(1, 21)], "leads_20260302T1000.csv")
    return folder


def more(folder):
    write_leads(folder, [lead(n) for n in range(21, 41)], "leads_20260302T1100.csv")


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    folder = project(tmp_path_factory.mktemp("undisturbed") / "project")
    run_project(folder)
    more(folder)
    run_project(folder)
    return folder


@pytest.fixture(scope="module")
def backed_up(tmp_path_factory):
    """Two runs, with a backup between them."""
    folder = project(tmp_path_factory.mktemp("backed_up") / "project")
    run_project(folder)
    back_up(load_project(folder))
    more(folder)
    run_project(folder)
    return folder


@pytest.fixture
def folder(backed_up, tmp_path):
    shutil.copytree(backed_up, tmp_path / "project")
    return tmp_path / "project"


def spoil(folder, how):
    path = folder / "warehouse.duckdb"
    content = path.read_bytes()
    if how == "missing":
        path.unlink()
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "spoilt":
        path.write_bytes(content[:4096] + bytes(8192) + content[12288:])
    else:
        path.write_bytes(b"nothing of ours" * 1000)
    return path.read_bytes() if path.exists() else None


@pytest.mark.parametrize(
    "how", ["cut", *(pytest.param(how, marks=pytest.mark.slow) for how in ("missing", "spoilt", "foreign"))]
)
def test_restored_and_run_again_the_tables_are_those_of_an_undisturbed_project(folder, undisturbed, how):
    spoilt = spoil(folder, how)
    if how != "foreign":
        with pytest.raises(RefusedError, match="rr-pipeline restore"):
            run_project(folder)
    done = restore(load_project(folder))
    assert (done.run_id, done.later_files, done.missing_files) == ("run-000001", 1, ())
    assert [(folder / name).read_bytes() for name in done.set_aside] == ([spoilt] if spoilt else [])
    assert rows(folder, "select count(*) from marts.fct_items") == [(20,)]
    run_project(folder)
    for name in ("warehouse.duckdb", "published/routing.duckdb"):
        assert snapshot(folder / name) == snapshot(undisturbed / name)


@pytest.mark.slow
def test_a_log_beside_a_damaged_warehouse_is_set_aside_with_it(folder):
    spoil(folder, "spoilt")
    (folder / "warehouse.duckdb.wal").write_bytes(b"a log")
    done = restore(load_project(folder))
    assert done.set_aside == ("warehouse.duckdb.aside-1", "warehouse.duckdb.aside-1.wal")
    assert (folder / done.set_aside[1]).read_bytes() == b"a log"
    run_project(folder)


@pytest.mark.slow
def test_a_warehouse_in_order_is_only_exchanged_by_force(folder, undisturbed):
    before = (folder / "warehouse.duckdb").read_bytes()
    with pytest.raises(RefusedError, match=r"code=WAREHOUSE_IN_ORDER.*stands at run-000002.*run-000001"):
        restore(load_project(folder))
    assert (folder / "warehouse.duckdb").read_bytes() == before
    assert restore(load_project(folder), force=True).run_id == "run-000001"
    run_project(folder)
    assert snapshot(folder / "warehouse.duckdb") == snapshot(undisturbed / "warehouse.duckdb")


def test_a_backup_that_is_not_whole_is_passed_over(folder):
    newest = back_up(load_project(folder))
    content = bytearray(newest.path.read_bytes())
    content[len(content) // 2] ^= 1
    newest.path.write_bytes(content)
    spoil(folder, "missing")
    with pytest.raises(RefusedError, match="code=BACKUP_DAMAGED"):
        restore(load_project(folder), newest.path)
    done = restore(load_project(folder))
    assert (done.run_id, done.skipped) == ("run-000001", (newest.path.name,))


@pytest.mark.slow
def test_without_a_backup_the_other_way_is_named_and_works(folder, undisturbed):
    shutil.rmtree(folder / "backups")
    spoil(folder, "cut")
    with pytest.raises(RefusedError, match=r"code=BACKUP_MISSING.*--from-landing"):
        restore(load_project(folder))
    (folder / "landing" / "leads_20260302T1000.csv").rename(folder / "away.csv")
    with pytest.raises(RefusedError, match=r"code=LANDING_INCOMPLETE: 1 files.*leads_20260302T1000\.csv"):
        restore_from_landing(load_project(folder))
    (folder / "away.csv").rename(folder / "landing" / "leads_20260302T1000.csv")
    done = restore_from_landing(load_project(folder))
    assert done.set_aside == ("warehouse.duckdb.aside-1", "published.aside-1")
    run_project(folder)
    assert rows(folder, DECIDED) == rows(undisturbed, DECIDED)


def test_a_newer_backup_is_refused(folder):
    (backup,) = find_backups(load_project(folder))
    manifest = json.loads(manifest_of(backup.path).read_text())
    manifest_of(backup.path).write_text(json.dumps({**manifest, "layout_version": 99}))
    spoil(folder, "missing")
    with pytest.raises(RefusedError, match="code=BACKUP_NEWER"):
        restore(load_project(folder))


def test_a_backup_is_the_warehouse_and_can_be_read(folder):
    made = back_up(load_project(folder), folder.parent / "elsewhere" / "copy.duckdb")
    assert snapshot(made.path) == snapshot(folder / "warehouse.duckdb")
    assert made.run_id == "run-000002"
    with duckdb.connect(str(made.path), read_only=True) as con:
        assert con.execute("select count(*) from marts.explain('L00001')").fetchall()[0][0] > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("after", "made"),
    [("never", []), ("run", ["run-000001", "run-000002"]), ("day", ["run-000001"])],
)
def test_runs_leave_the_backups_that_are_asked_for(tmp_path, after, made):
    folder = project(tmp_path / "project")
    with (folder / "project.yaml").open("a") as file:
        file.write(f"backups: {{after: {after}, keep: 2}}\n")
    run_project(folder)
    more(folder)
    run_project(folder)
    run_project(folder)
    assert sorted(one.run_id for one in find_backups(load_project(folder))) == made


def test_before_the_first_run_there_is_nothing_to_back_up(tmp_path):
    folder = project(tmp_path / "project")
    with pytest.raises(RefusedError, match="code=WAREHOUSE_EMPTY"):
        back_up(load_project(folder))
    assert not (folder / "warehouse.duckdb").exists()
    assert not (folder / "backups").exists()
    assert json.loads((folder / "runs.log").read_text())["codes"] == ["WAREHOUSE_EMPTY"]
