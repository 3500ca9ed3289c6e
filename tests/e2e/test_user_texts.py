"""Users who are named by address or name: who is meant, from when on, and what is said where several are."""

import pytest

from tests.e2e.lives import act, deliver, item, owners, project, told, warehouse
from tests.e2e.projects import run_project

BO, KARI = ("502", "Bo Lie", "bo@firm.example"), ("501", "Kari Moe", "kari@firm.example")
POOL = {"pool": {"members": [{"user": "501"}, {"user": "502"}]}}


def made(folder, pools=None, **more):
    """A pool of two, whom the users feed knows by id, name and address."""
    folder = project(folder, pools or POOL, **more)
    sources = folder / "sources.yaml"
    mapped = "user_id: user_id, is_active"
    assert mapped in sources.read_text()
    sources.write_text(sources.read_text().replace(mapped, "user_id: user_id, name: name, email: email, is_active"))
    return folder


def users(folder, at, *rows):
    lines = ["user_id,name,email,is_active,time_zone,manager_id", *(",".join([*row, "true,,"]) for row in rows)]
    path = folder / "landing" / f"users_20260302T{at.replace(':', '')}.csv"
    path.write_text("\n".join(lines) + "\n")


def leads(count=3):
    return [item(f"l{number}", "09:00", contact_id="c") for number in range(count)]


def said(report):
    return {one.code: one.message for one in report.warnings if one.code != "HASH_KEY_DEFAULT"}


@pytest.mark.parametrize(
    "named", ["502", "Bo Lie", "bo lie", "BO@firm.example", "Bo Lie (Sales)", "Bo Lie <bo@firm.example>"]
)
def test_the_owner_of_a_contact_is_found_by_id_address_or_name(tmp_path, named):
    folder = made(tmp_path / "p")
    users(folder, "08:00", BO, KARI)
    deliver(folder, "10:00", leads=leads(), contacts=[{"contact_id": "c", "owner_id": named}])
    assert said(run_project(folder)) == {}
    assert owners(folder) == {"l0": "502", "l1": "502", "l2": "502"}
    assert warehouse(folder, "select owner_id from staging.stg_contacts") == [("502",)]
    counts = "select field, row_count, matched_row_count from ops.reference_matches where source = 'contacts'"
    assert told(folder, counts) == [("owner_id", 1, 1)]


@pytest.mark.parametrize("at_once", [True, False])
def test_nobody_is_meant_before_the_users_are_delivered(tmp_path, at_once):
    """What was typed before stays as it was, in one run or in many."""
    folder = made(tmp_path / "p")
    users(folder, "08:00", BO, KARI)
    deliver(folder, "10:00", leads=leads(1), contacts=[{"contact_id": "c", "owner_id": "Else Dahl"}])
    if not at_once:
        run_project(folder)
    users(folder, "11:00", BO, KARI, ("503", "Else Dahl", "else@firm.example"))
    deliver(folder, "12:00", contacts=[{"contact_id": "d", "owner_id": "Else Dahl"}])
    run_project(folder)
    stored = warehouse(folder, "select contact_id, owner_id from staging.stg_contacts order by 1")
    assert stored == [("c", "Else Dahl"), ("d", "503")]


def test_a_name_that_fits_two_means_nobody_and_is_warned_of(tmp_path):
    folder = made(tmp_path / "p")
    users(folder, "08:00", BO, ("501", "Bo Lie", "kari@firm.example"))
    deliver(
        folder, "10:00", leads=leads(1),
        contacts=[{"contact_id": "c", "owner_id": "Bo Lie"}, {"contact_id": "d", "owner_id": "kari@firm.example"}],
    )  # fmt: skip
    found = said(run_project(folder))
    assert "1 value fits more than one user by name or address" in found["USER_AMBIGUOUS"]
    assert "Bo" not in found["USER_AMBIGUOUS"]
    assert warehouse(folder, "select owner_id from staging.stg_contacts order by contact_id") == [("Bo Lie",), ("501",)]


def test_an_address_goes_before_a_name_and_an_id_before_both(tmp_path):
    folder = made(tmp_path / "p")
    users(
        folder, "08:00", BO, KARI, ("Bo Lie", "Else", "else@firm.example"), ("x", "bo@firm.example", "x@firm.example")
    )
    deliver(
        folder, "10:00", leads=leads(1),
        contacts=[{"contact_id": "c", "owner_id": "Bo Lie"}, {"contact_id": "d", "owner_id": "bo@firm.example"}],
    )  # fmt: skip
    run_project(folder)
    assert warehouse(folder, "select owner_id from staging.stg_contacts order by contact_id") == [("Bo Lie",), ("502",)]


def test_whom_the_policy_ignores_by_name_is_nobody_here_too(tmp_path):
    folder = made(tmp_path / "p", ownership={"ignore_owners": ["Bo Lie"]})
    users(folder, "08:00", BO, KARI)
    deliver(folder, "10:00", leads=leads(1), contacts=[{"contact_id": "c", "owner_id": "Bo Lie"}])
    run_project(folder)
    assert told(folder, "select outcome from marts.fct_items") == [("assigned",)]
    assert warehouse(folder, "select owner_id from staging.stg_contacts") == [("Bo Lie",)]


def test_who_touched_who_is_away_and_who_manages_are_found_too(tmp_path):
    sla = {"first_touch_within": "2h", "on_breach": ["notify_manager"]}
    folder = made(tmp_path / "p", {"pool": {"members": [{"user": "501"}, {"user": "502"}], "sla": sla}})
    lines = ["user_id,name,email,is_active,time_zone,manager_id"]
    lines += ["501,Kari Moe,kari@firm.example,true,,", "502,Bo Lie,bo@firm.example,true,,Kari Moe"]
    (folder / "landing" / "users_20260302T0800.csv").write_text("\n".join(lines) + "\n")
    away = [{"user_id": "Kari Moe", "start": "2026-03-02T08:30:00Z", "end": "2026-03-03T08:30:00Z"}]
    deliver(folder, "08:10", absences=away)
    deliver(folder, "10:00", leads=[item("one", "09:00")], acts=[act("call", "09:30", "one", "Bo Lie")])
    deliver(folder, "13:00", leads=[item("two", "12:30")])
    run_project(folder)
    assert owners(folder) == {"one": "502", "two": "502"}
    assert told(folder, "select item_id, status from marts.fct_sla order by item_id")[0] == ("one", "met")
    assert warehouse(folder, "select manager_id from staging.stg_users where user_id = '502'") == [("501",)]
    assert warehouse(folder, "select user_id from staging.stg_absences") == [("501",)]
