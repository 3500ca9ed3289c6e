"""Ids that name users, accounts and contacts: counted in every run, and warned of where most meet nothing."""

from tests.e2e.lives import deliver, item, members, project, rows
from tests.e2e.projects import run_project

COUNTS = "select source, field, meant, row_count, matched_row_count, value_count, matched_value_count"


def start(folder, **feeds):
    made = project(folder, {"pool": {"members": members(*"ab"), "max_open": 50}})
    deliver(made, "09:30", users=[{"user_id": "a", "is_active": "true"}, {"user_id": "b", "is_active": "true"}])
    deliver(made, "10:00", **feeds)
    return made


def warned(report):
    return [
        (said.file, said.row, said.field, said.message) for said in report.warnings if said.code == "REFERENCE_UNMET"
    ]


def test_owners_by_name_are_counted_and_warned_of(tmp_path):
    contacts = [{"contact_id": f"c{number}", "owner_id": "Kari Moe"} for number in range(4)]
    folder = start(
        tmp_path / "p", leads=[item("l1", "09:40")], contacts=[{"contact_id": "c", "owner_id": "a"}, *contacts]
    )
    ((file_name, row, field, text),) = warned(run_project(folder))
    assert (file_name, row, field) == ("contacts_20260302T1000.csv", 2, "owner_id")
    assert text.startswith("4 of 5 values of owner_id in source contacts, this row first, are no id of the users")
    assert "nobody is kept as an owner by them. They look like names." in text
    assert "Kari" not in text
    # Five rows, one of them by an id; two different values, one of them an id.
    assert ("contacts", "owner_id", "users", 5, 1, 2, 1) in rows(folder, f"{COUNTS} from ops.reference_matches")


def test_one_address_is_enough_and_one_unknown_id_is_not(tmp_path):
    leads = [item("l1", "09:40", contact_id="c1", account_id="elsewhere")]
    contacts = [{"contact_id": "c1", "account_id": "acc", "owner_id": "kari@person.example"}]
    folder = start(tmp_path / "p", leads=leads, contacts=contacts)
    ((_, _, field, text),) = warned(run_project(folder))
    assert field == "owner_id"
    assert text.startswith("all 1 values of owner_id in source contacts")
    assert "They look like e-mail addresses." in text


def test_of_a_feed_that_has_delivered_nothing_no_id_is_missed(tmp_path):
    leads = [item(f"l{number}", "09:40", account_id=f"acc{number}", contact_id="c1") for number in range(5)]
    folder = start(tmp_path / "p", leads=leads, contacts=[{"contact_id": "c1", "owner_id": "b"}])
    report = run_project(folder)
    assert warned(report) == []
    assert {row[:3] for row in rows(folder, f"{COUNTS} from ops.reference_matches")} == {
        ("contacts", "owner_id", "users"), ("leads", "contact_id", "contacts"),
    }  # fmt: skip


def test_ids_that_came_in_an_earlier_run_are_met(tmp_path):
    folder = start(tmp_path / "p", contacts=[{"contact_id": f"c{number}", "owner_id": "a"} for number in range(3)])
    run_project(folder)
    deliver(folder, "11:00", leads=[item(f"l{number}", "10:40", contact_id=f"c{number}") for number in range(3)])
    assert warned(run_project(folder)) == []
    deliver(folder, "12:00", leads=[item(f"m{number}", "11:40", contact_id=f"d{number}") for number in range(3)])
    ((file_name, row, field, text),) = warned(run_project(folder))
    assert (file_name, row, field) == ("leads_20260302T1200.csv", 1, "contact_id")
    assert text.startswith("all 3 values of contact_id in source leads")
    by_run = rows(folder, f"{COUNTS} from ops.reference_matches where source = 'leads' order by run_id")
    assert by_run == [
        ("leads", "contact_id", "contacts", 3, 3, 3, 3), ("leads", "contact_id", "contacts", 3, 0, 3, 0),
    ]  # fmt: skip
