"""Which of several rows of one account, contact, opportunity or user counts."""

import csv
from collections.abc import Iterable, Mapping

import pytest

from tests.e2e.projects import policy, rows, run_project, write_project

SOURCES = """
sources:
  leads: {table: items, object_type: lead, location: leads.csv,
          mapping: {item_id: Id, created_at: At, email: Email, account_id: Account, contact_id: Contact}}
  accounts: {table: accounts, location: "accounts_*.csv", %(dated)s mapping: {account_id: Id, owner_id: Owner%(more)s}}
  contacts: {table: contacts, location: "contacts_*.csv", optional: true, mapping: {contact_id: Id, owner_id: Owner}}
  users: {table: users, location: "users_*.csv", mapping: {user_id: Id, is_active: Active}}
"""
USERS = [{"Id": user, "Active": "true"} for user in ("old", "new", "r")]


def write(folder, name: str, records: Iterable[Mapping[str, str]]) -> None:
    records = list(records)
    with (folder / "landing" / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(records[0]))
        writer.writeheader()
        writer.writerows(records)


def owned(owner: str, count: int = 12, **more: str) -> list[dict[str, str]]:
    return [{"Id": f"A{number}", "Owner": owner, **more} for number in range(count)]


@pytest.fixture
def make(tmp_path):
    def project(dated: str = "", more: str = ""):
        sources = SOURCES % {"dated": dated, "more": more}
        folder = write_project(tmp_path / "project", policy([{"user": "r"}]), sources=sources)
        leads = [
            {"Id": f"L{n}", "At": "2024-03-01T00:00:00Z", "Email": f"p{n}@p.example", "Account": f"A{n}", "Contact": ""}
            for n in range(12)
        ]
        leads.append({"Id": "C", "At": "2024-03-01T00:00:00Z", "Email": "c@p.example", "Account": "", "Contact": "K1"})
        write(folder, "leads.csv", leads)
        write(folder, "users_20240101.csv", USERS)
        return folder

    return project


def owners(folder) -> set[str]:
    return {name for (name,) in rows(folder, "select distinct owner_id from marts.fct_items where item_id <> 'C'")}


def test_undated_files_go_by_name_then_row_and_are_warned_of(make):
    folder = make()
    write(folder, "accounts_20240201.csv", owned("new"))
    write(folder, "accounts_20240101.csv", owned("old"))
    write(folder, "contacts_1.csv", [{"Id": "K1", "Owner": "old"}, {"Id": "K1", "Owner": "new"}])
    write(folder, "users_20240201.csv", [*USERS[:1], {"Id": "new", "Active": "false"}, *USERS[2:]])
    write(folder, "users_20240301.csv", [*USERS, {"Id": "another", "Active": "true"}])
    report = run_project(folder)
    assert owners(folder) == {"new"}
    assert rows(folder, "select owner_id from marts.fct_items where item_id = 'C'") == [("new",)]
    said = [one for one in report.warnings if one.code == "ID_REPEATED"]
    assert [(one.file, one.row, one.field) for one in said] == [
        ("accounts_20240101.csv", 1, "account_id"), ("contacts_1.csv", 1, "contact_id"),
        ("users_20240101.csv", 2, "user_id"),
    ]  # fmt: skip
    assert "12 ids" in said[0].message
    assert all("delivered_at" in one.message for one in said)


def test_the_later_update_counts_whatever_the_name_and_nobody_is_warned(make):
    folder = make(more=", updated_at: Changed")
    write(folder, "accounts_1.csv", owned("new", Changed="2024-02-02T10:00:00Z"))
    write(folder, "accounts_2.csv", owned("old", Changed="2024-02-01T10:00:00Z"))
    report = run_project(folder)
    assert owners(folder) == {"new"}
    assert not [one for one in report.warnings if one.code == "ID_REPEATED"]


@pytest.mark.parametrize("later", [{}, {"Changed": "2024-01-02T00:00:00Z"}], ids=["delivered", "updated"])
def test_what_comes_late_but_is_older_changes_nothing(make, later):
    dated = 'delivered_at: "accounts_%Y%m%d.csv", ' if not later else ""
    folder = make(dated, ", updated_at: Changed" if later else "")
    first = {"Changed": "2024-01-03T00:00:00Z"} if later else {}
    (folder / "landing" / "leads.csv").rename(folder / "leads.csv")
    write(folder, "accounts_20240201.csv", owned("new", **first))
    run_project(folder)
    (folder / "leads.csv").rename(folder / "landing" / "leads.csv")
    write(folder, "accounts_20240101.csv", owned("old", **later))
    run_project(folder)
    assert owners(folder) == {"new"}


def test_a_time_of_change_that_cannot_be_read_is_told(make):
    folder = make(more=", updated_at: Changed")
    write(folder, "accounts_1.csv", owned("new", Changed="lately"))
    run_project(folder)
    found = rows(folder, "select code, failed_count from ops.quality_codes where suite = 'staged_accounts'")
    assert found == [("UPDATED_AT_INVALID", 12)]


def test_of_several_ids_in_a_cell_the_first_that_is_known_counts(make):
    """Associations of CRM exports come as one cell; an id that holds the separator itself is one id."""
    folder = make()
    ids = {"L1": "gone; A2;A1", "L2": "A1;A2", "L3": "gone;away", "L4": "A;1", "L5": ";A2"}
    leads = [
        {"Id": name, "At": "2024-03-01T00:00:00Z", "Email": f"{name}@p.example", "Account": cell, "Contact": ""}
        for name, cell in ids.items()
    ]
    write(folder, "leads.csv", leads)
    accounts = [{"Id": "A1", "Owner": "old"}, {"Id": "A2", "Owner": "new"}, {"Id": "A;1", "Owner": "old"}]
    write(folder, "accounts_20240101.csv", accounts)
    report = run_project(folder)
    assert "REFERENCE_UNMET" not in {one.code for one in report.warnings}
    found = rows(folder, "select item_id, account_id, owner_id, outcome from marts.fct_items order by item_id")
    assert [row[:1] + row[2:] for row in found] == [
        ("L1", "new", "kept"),
        ("L2", "old", "kept"),
        ("L3", "r", "assigned"),
        ("L4", "old", "kept"),
        ("L5", "new", "kept"),
    ]
    assert [account for _, account, *_ in found if not account.startswith("hash:")] == ["A2", "A1", "gone", "A2"]


def test_of_several_contacts_in_a_cell_the_first_that_is_known_counts(make):
    folder = make()
    lead = {"Id": "C", "At": "2024-03-01T00:00:00Z", "Email": "c@p.example", "Account": "", "Contact": "K0;K1"}
    write(folder, "leads.csv", [lead])
    write(folder, "accounts_20240101.csv", owned("old"))
    write(folder, "contacts_1.csv", [{"Id": "K1", "Owner": "new"}])
    run_project(folder)
    assert rows(folder, "select contact_id, owner_id from marts.fct_items") == [("K1", "new")]
