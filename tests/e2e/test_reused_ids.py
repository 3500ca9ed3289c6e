"""An id that comes again: for the same item it repeats it; for somebody else of another time it never does."""

from datetime import timedelta

import pytest

from tests.e2e.projects import SOURCES_YAML, START, lead, policy, rows, run_project, write_leads, write_project

LATER = START + timedelta(days=1)
FIRST = [lead(1, Name="Anna"), lead(2, Name="Bo"), lead(3, Email="", Name="Cid"), lead(4)]
AGAIN = [
    lead(1, at=LATER, Email="zoe@other.example", Name="Zoe"),  # somebody else
    lead(1, at=LATER, Email="zoe@other.example", Name="Zoe Z"),  # once more
    lead(2, Email="bo@new.example", Name="Bo"),  # the same record with a new address
    lead(3, at=LATER, Email="yan@other.example", Name="Yan"),  # another name
    lead(4, at=LATER, Name="Dee"),  # the same address
]


def deliver(tmp_path, setting: str):
    sources = SOURCES_YAML.replace("    format: csv\n", f"    format: csv\n{setting}")
    folder = write_project(tmp_path / "project", policy([{"user": "a"}, {"user": "b"}]), sources=sources)
    (folder / "project.yaml").open("a").write("limits: {max_quarantine_rate: 1}\n")
    write_leads(folder, FIRST, "leads_20260302T1000.csv")
    return folder


@pytest.mark.parametrize("runs", [1, 2])
def test_by_default_such_a_row_is_refused_and_named(tmp_path, runs):
    folder = deliver(tmp_path, "")
    if runs == 2:
        run_project(folder)
    write_leads(folder, AGAIN, "leads_20260304T1000.csv")
    report = run_project(folder)
    refused = rows(folder, "select file_name, row_number, item_id, code from ops.quarantine order by row_number")
    name = "leads_20260304T1000.csv"
    assert refused == [
        (name, 1, "L00001", "ID_CONFLICT"), (name, 2, "L00001", "ID_CONFLICT"), (name, 4, "L00003", "ID_CONFLICT"),
    ]  # fmt: skip
    outcomes = "select outcome, count(*) from marts.fct_items group by all order by all"
    assert rows(folder, outcomes) == [("assigned", 4), ("quarantined", 3)]
    repeated = rows(folder, "select item_id, row_number from ops.repeated_rows order by all")
    assert repeated == [("L00002", 3), ("L00004", 5)]
    (said,) = (one for one in report.warnings if one.code == "ID_CONFLICT")
    assert (said.file, said.row, said.field) == (name, 1, "item_id")
    assert "zoe" not in str(said).lower()


def test_by_setting_it_is_an_item_of_its_own(tmp_path):
    folder = deliver(tmp_path, "    ids_used_again: new_item\n")
    run_project(folder)
    write_leads(folder, AGAIN, "leads_20260304T1000.csv")
    run_project(folder)
    assigned = rows(folder, "select item_id from marts.fct_items where outcome = 'assigned' and run_id = 'run-000002'")
    assert sorted(assigned) == [("L00001~20260303T090000",), ("L00003~20260303T090000",)]
    write_leads(folder, [lead(1, at=LATER, Email="zoe@newer.example", Name="Zoe")], "leads_20260305T1000.csv")
    run_project(folder)
    assert rows(folder, "select item_id, run_id from ops.repeated_rows where run_id <> 'run-000001' order by all") == [
        ("L00001~20260303T090000", "run-000002"), ("L00001~20260303T090000", "run-000003"),
        ("L00002", "run-000002"), ("L00004", "run-000002"),
    ]  # fmt: skip
    assert rows(folder, "select count(*) from ops.quarantine") == [(0,)]
