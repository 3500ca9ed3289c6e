"""A warehouse that is damaged where no run looks: found by verify, before a backup, and by a run now and then."""

import json
import shutil
from datetime import timedelta

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import InvariantError, RefusedError
from rr_pipeline.maintenance.backups import back_up, find_backups
from rr_pipeline.maintenance.restore import restore
from rr_pipeline.maintenance.verify import verify
from rr_pipeline.warehouse.connection import BLOCK_BYTES
from tests.e2e.projects import START, lead, policy, run_project, write_leads, write_project
from tests.faults.analyst import keeping_names, killed_analyst


def codes(found):
    return [one.code for one in found.problems]


def deliver(folder, day, name):
    first = 1 + 100 * day
    at = START + timedelta(days=day)
    rows = [lead(n, at=at + timedelta(minutes=n - first)) for n in range(first, first + 10)]
    write_leads(folder, rows, f"leads_{name}.csv")


@pytest.fixture(scope="module")
def decided(tmp_path_factory):
    """A run, and a raw table of a feed that is no longer delivered, in blocks of its own."""
    folder = tmp_path_factory.mktemp("decided") / "project"
    write_project(folder, policy([{"user": "a"}, {"user": "b"}]))
    deliver(folder, 0, "20260302T1000")
    run_project(folder)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("create table raw.old_feed as select md5(range::varchar) as cell from range(40000)")
    return folder


@pytest.fixture
def folder(decided, tmp_path):
    return shutil.copytree(decided, tmp_path / "project", copy_function=keeping_names())


def spoil(folder):
    """Change one byte of the table that nobody reads; return what the file holds now."""
    path = folder / "warehouse.duckdb"
    with duckdb.connect(str(path), read_only=True) as con:
        blocks = "select block_id from pragma_storage_info('{}') where block_id is not null"
        others = [
            f"{schema}.{table}"
            for schema, table in con.execute(
                "select schema_name, table_name from duckdb_tables() where table_name <> 'old_feed'"
            ).fetchall()
        ]
        shared = {row[0] for name in others for row in con.execute(blocks.format(name)).fetchall()}
        own = {row[0] for row in con.execute(blocks.format("raw.old_feed")).fetchall()} - shared
    content = bytearray(path.read_bytes())
    content[3 * 4096 + max(own) * BLOCK_BYTES + 1000] ^= 64
    path.write_bytes(content)
    return bytes(content)


def settings(folder, text):
    with (folder / "project.yaml").open("a") as file:
        file.write(text)


def test_a_sound_project_is_called_that_and_nothing_changes(folder):
    before = (folder / "warehouse.duckdb").read_bytes()
    found = verify(load_project(folder))
    assert (found.run_id, found.exit_code, codes(found)) == ("run-000001", 0, [])
    assert found.table_count > 20
    assert found.row_count > 40000
    assert found.check_count > 10
    assert (folder / "warehouse.duckdb").read_bytes() == before
    assert json.loads((folder / "runs.log").read_text().splitlines()[-1])["what"] == "rr-pipeline verify"


def test_damage_where_no_run_looks_is_found(folder):
    spoilt = spoil(folder)
    for look in (verify, back_up):
        with pytest.raises(RefusedError, match="code=WAREHOUSE_DAMAGED"):
            look(load_project(folder))
    assert find_backups(load_project(folder)) == []
    # The same day: a run has no need to read it. Another day, or a backup after the run: it does, before it commits.
    settings(folder, "backups: {after: run}\n")
    deliver(folder, 0, "20260302T1100")
    write_leads(folder, [lead(50)], "leads_20260302T1200.csv")
    with pytest.raises(RefusedError, match="code=WAREHOUSE_DAMAGED"):
        run_project(folder)
    assert (folder / "warehouse.duckdb").read_bytes() == spoilt
    assert codes_logged(folder)[-3:] == [["WAREHOUSE_DAMAGED"]] * 3


def test_a_run_of_a_new_day_reads_what_it_had_no_need_to(folder):
    spoilt = spoil(folder)
    write_leads(folder, [lead(50)], "leads_20260302T1200.csv")
    assert run_project(folder).run_id == "run-000002"
    deliver(folder, 1, "20260303T1000")
    before = (folder / "warehouse.duckdb").read_bytes()
    assert before != spoilt
    with pytest.raises(RefusedError, match="code=WAREHOUSE_DAMAGED"):
        run_project(folder)
    assert (folder / "warehouse.duckdb").read_bytes() == before


def test_a_warehouse_damaged_where_no_run_looks_may_be_restored_without_force(folder):
    back_up(load_project(folder))
    spoil(folder)
    assert restore(load_project(folder)).run_id == "run-000001"
    assert verify(load_project(folder)).exit_code == 0


def test_what_is_wrong_with_the_published_copy_is_told(folder):
    copy = folder / "published" / "routing.duckdb"
    copy.unlink()
    found = verify(load_project(folder))
    assert (found.exit_code, codes(found)) == (1, ["COPY_BEHIND"])


def test_a_log_beside_the_copy_is_no_fault(folder):
    killed_analyst(folder / "published" / "routing.run-000001.duckdb")
    verify(load_project(folder))
    assert [path.name for path in (folder / "published").glob("*.aside-1")] == ["routing.run-000001.duckdb.wal.aside-1"]


def test_an_invariant_that_does_not_hold_is_found_and_a_backup_is_made_all_the_same(folder, capsys):
    with duckdb.connect(str(folder / "warehouse.duckdb")) as con:
        con.execute("update ops.router_state set balance = balance + 1 where member_id = 'a'")
    with pytest.raises(InvariantError, match="balances"):
        verify(load_project(folder))
    assert back_up(load_project(folder)).run_id == "run-000001"
    assert "balances of 1 pools" in capsys.readouterr().err


def test_nothing_decided_is_nothing_to_verify(tmp_path):
    write_project(tmp_path / "project", policy([{"user": "a"}]))
    with pytest.raises(RefusedError, match="code=WAREHOUSE_EMPTY"):
        verify(load_project(tmp_path / "project"))
    assert not (tmp_path / "project" / "warehouse.duckdb").exists()


def codes_logged(folder):
    return [json.loads(line)["codes"] for line in (folder / "runs.log").read_text().splitlines()]
