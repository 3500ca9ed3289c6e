"""What arrives closed, converted or deleted, and whose duplicates are: from files to who has what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from tests.e2e.projects import policy, rows, run_project, write_project

COLUMNS = (
    "item_id created_at updated_at email full_name phone status closed_at is_converted is_deleted consent_status "
    "owner_id"
)
SOURCES = f"""
sources:
  leads:
    table: items
    object_type: lead
    location: leads_*.csv
    delivered_at: "leads_%Y%m%dT%H%M.csv"
    optional: true
    options: {{time_zone: UTC}}
    mapping: {{{", ".join(f"{name}: {name}" for name in COLUMNS.split())}}}
  users:
    table: users
    location: users_*.csv
    delivered_at: "users_%Y%m%dT%H%M.csv"
    optional: true
    options: {{time_zone: UTC}}
    mapping: {{user_id: user_id, name: name, email: email, is_active: is_active}}
"""
MEMBERS = [{"user": "ann"}, {"user": "bob"}, {"user": "cid"}]


def make(folder: Path, *, outbox: str = "assignment, crm_owner_update, task", **more: Any) -> Path:
    """A project of one pool; ``more`` are settings of the policy beside the pool."""
    project = write_project(folder, {**policy(MEMBERS), **more}, sources=SOURCES)
    with (project / "project.yaml").open("a") as file:
        file.write(f"outbox: {{messages: [{outbox}]}}\n")
    return project


def deliver(project: Path, name: str, columns: str, *lines: str) -> None:
    """One delivered file, its rows as comma-separated cells; columns of leads that are not named are empty."""
    rest = [one for one in COLUMNS.split() if one not in columns.split()] if name.startswith("leads") else []
    header = ",".join([*columns.split(), *rest])
    text = "\n".join([header, *(line + "," * len(rest) for line in lines), ""])
    (project / "landing" / name).write_text(text, encoding="utf-8")


def ends(project: Path) -> list[tuple[Any, ...]]:
    return rows(project, "select item_id, outcome, outcome_reason, owner_id from marts.fct_items order by item_id")


CLOSED = (
    "C1,2026-03-02T08:00:00,New,,true,",
    "C2,2026-03-02T08:01:00,Closed Lost,,,",
    "C3,2026-03-02T08:02:00,New,,,true",
    "C4,2026-03-02T08:03:00,New,2026-03-02T08:30:00,,",
)
STATES = "item_id created_at status closed_at is_converted is_deleted"


def test_what_arrives_over_takes_no_turn_owner_or_message(tmp_path: Path) -> None:
    project = make(tmp_path / "p")
    deliver(project, "leads_20260302T0900.csv", STATES, *CLOSED, "L1,2026-03-02T08:04:00,New,,,")
    run_project(project)
    aside = [(f"C{number}", "disqualified", "closed_on_arrival", None) for number in range(1, 5)]
    assert ends(project) == [*aside, ("L1", "assigned", "rotation", "ann")]
    assert rows(project, "select distinct item_id from ops.outbox") == [("L1",)]
    assert rows(project, "select count(*) from marts.fct_item_events where kind = 'close'") == [(4,)]


def test_a_policy_may_have_them_decided_and_closed_at_their_time(tmp_path: Path) -> None:
    project = make(tmp_path / "p", updates={"arrives_closed": "decide"})
    deliver(project, "leads_20260302T0900.csv", STATES, *CLOSED)
    run_project(project)
    assert {(outcome, reason) for _, outcome, reason, _ in ends(project)} == {("assigned", "rotation")}
    assert rows(project, "select item_id, ended_at::varchar from marts.fct_sla where item_id = 'C4'") in (
        [], [("C4", "2026-03-02 08:30:00+00")],
    )  # fmt: skip


def many(closed: int, still_open: int) -> list[str]:
    gone = [f"C{number},2026-03-02T08:{number:02d}:00,,,true," for number in range(closed)]
    return gone + [f"L{number},2026-03-02T08:{number:02d}:00,,,," for number in range(still_open)]


def test_a_first_delivery_that_is_mostly_over_has_to_be_meant(tmp_path: Path) -> None:
    project = make(tmp_path / "p")
    deliver(project, "leads_20260302T0900.csv", STATES, *many(11, 10))
    with pytest.raises(RefusedError) as refused:
        run_project(project)
    (problem,) = refused.value.problems
    assert (problem.code, problem.field) == ("ARRIVED_CLOSED", "updates.arrives_closed")
    assert "11 of 21" in problem.message
    path = project / "policies" / "v1.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), "updates": {"arrives_closed": "set_aside"}}))
    run_project(project)
    assert rows(project, "select count(*) from marts.fct_items where outcome = 'assigned'") == [(10,)]
    # The second delivery of a feed may be all of them: what was converted since.
    deliver(project, "leads_20260303T0900.csv", STATES, *(line.replace("C", "D") for line in many(25, 0)))
    path.write_text(json.dumps({key: one for key, one in json.loads(path.read_text()).items() if key != "updates"}))
    run_project(project)
    assert rows(project, "select count(*) from marts.fct_items where outcome = 'disqualified'") == [(36,)]


@pytest.mark.parametrize(("closed", "still_open"), [(10, 10), (19, 0)])
def test_half_of_it_or_a_small_one_is_taken(tmp_path: Path, closed: int, still_open: int) -> None:
    project = make(tmp_path / "p")
    deliver(project, "leads_20260302T0900.csv", STATES, *many(closed, still_open))
    run_project(project)
    assert rows(project, "select count(*) from marts.fct_items where outcome = 'disqualified'") == [(closed,)]


def test_what_is_set_aside_is_nobody_to_be_folded_into(tmp_path: Path) -> None:
    project = make(tmp_path / "p", qualification=[{"name": "no-consent", "when": {"consent_status": ["denied"]}}])
    deliver(
        project,
        "leads_20260302T0900.csv",
        "item_id created_at email is_deleted consent_status",
        "A1,2026-03-02T08:00:00,a@x.no,true,",
        "A2,2026-03-02T08:01:00,a@x.no,,",
        "B1,2026-03-02T08:02:00,b@x.no,,denied",
        "B2,2026-03-02T08:03:00,b@x.no,,granted",
        "B3,2026-03-02T08:04:00,b@x.no,,denied",
        "A3,2026-03-02T08:05:00,a@x.no,true,",
    )
    run_project(project)
    found = rows(project, "select item_id, outcome, outcome_reason, duplicate_of from marts.fct_items order by all")
    assert found == [
        ("A1", "disqualified", "closed_on_arrival", None),
        ("A2", "assigned", "rotation", None),
        ("A3", "disqualified", "closed_on_arrival", None),
        ("B1", "disqualified", "no-consent", None),
        ("B2", "assigned", "rotation", None),
        ("B3", "duplicate", "same_person", "B2"),
    ]


# The owner that an item comes with

USERS = "user_id name email is_active"
PEOPLE = (
    "ann,Ann Berg,ann@firm.no,true",
    "bob,Bob Dahl,bob@firm.no,true",
    "cid,Cid Eng,cid@firm.no,true",
    "dan,Dan Foss,dan@firm.no,true",
    "eli,Eli Gran,eli@firm.no,false",
    "bot,Data Loader,loader@firm.no,true",
)
OWNED = "item_id created_at owner_id"


def owned(project: Path, *owners: str, users: bool = True) -> list[tuple[Any, ...]]:
    """One item for each owner, a minute apart, and where they end."""
    if users:
        deliver(project, "users_20260301T0000.csv", USERS, *PEOPLE)
    lines = (f"L{number},2026-03-02T08:{number:02d}:00,{owner}" for number, owner in enumerate(owners))
    deliver(project, "leads_20260302T0900.csv", OWNED, *lines)
    run_project(project)
    return [(outcome, reason, owner) for _, outcome, reason, owner in ends(project)]


def test_an_item_keeps_the_owner_it_comes_with(tmp_path: Path) -> None:
    project = make(tmp_path / "p")
    found = owned(project, "", "dan", "", "Dan Foss", "<DAN@firm.no>", "eli", "nobody-known", "")
    kept, turns = ("kept", "item_owner", "dan"), iter("annbobcidannbob"[n : n + 3] for n in range(0, 15, 3))
    assert found == [
        ("assigned", "rotation", next(turns)),
        kept,
        ("assigned", "rotation", next(turns)),
        kept,
        kept,
        ("assigned", "owner_inactive", next(turns)),
        ("assigned", "owner_unknown", next(turns)),
        ("assigned", "rotation", next(turns)),
    ]
    # It is where the owner was told of it.
    assert rows(project, "select count(*) from ops.outbox where recipient_id = 'dan' or item_id = 'L1'") == [(0,)]
    assert rows(project, "select cause from marts.fct_ownership where owner_id = 'dan' and item_id = 'L1'") == [
        ("kept",)
    ]


def test_without_a_users_feed_everybody_named_is_there(tmp_path: Path) -> None:
    found = owned(make(tmp_path / "p"), "dan", "", "ann", users=False)
    assert found == [("kept", "item_owner", "dan"), ("assigned", "rotation", "ann"), ("kept", "item_owner", "ann")]


@pytest.mark.parametrize("ignored", [["bot"], ["Data loader"], ["LOADER@firm.no"]])
def test_whoever_is_ignored_owns_nothing(tmp_path: Path, ignored: list[str]) -> None:
    project = make(tmp_path / "p", ownership={"ignore_owners": [*ignored, "Web Queue"]}, queues=["late"])
    found = owned(project, "bot", "Data Loader", "loader@firm.no", "web queue", "late")
    assert {(outcome, reason) for outcome, reason, _ in found} == {("assigned", "rotation")}


def test_a_policy_may_leave_it_out_and_says_so_as_before(tmp_path: Path) -> None:
    precedence = ["opportunity", "contact", "account", "survivor"]
    plain, written = make(tmp_path / "plain"), make(tmp_path / "written", ownership={"precedence": precedence})
    assert owned(written, "dan") == [("assigned", "rotation", "ann")]
    hashes = [load_project(one).policies[0].content_hash for one in (plain, written)]
    assert hashes[0] == hashes[1]
    other = make(tmp_path / "other", ownership={"precedence": ["item", "account"]})
    assert load_project(other).policies[0].content_hash not in hashes


@pytest.mark.parametrize("setting", ["ignore_owners", "trust_owners"])
def test_one_owner_of_most_of_a_first_delivery_has_to_be_meant(tmp_path: Path, setting: str) -> None:
    project = make(tmp_path / "p")
    owners = [*["Data Loader"] * 6, *["bot"] * 5, *[""] * 9]
    with pytest.raises(RefusedError) as refused:
        owned(project, *owners)
    (problem,) = refused.value.problems
    assert problem.code == "OWNER_OF_MOST"
    assert "11 of the 20" in problem.message
    assert "bot" not in problem.message.replace("both", "")
    path = project / "policies" / "v1.yaml"
    path.write_text(json.dumps({**json.loads(path.read_text()), "ownership": {setting: ["Data Loader"]}}))
    found = owned(project, *owners)
    assert sum(owner == "bot" for _, _, owner in found) == (11 if setting == "trust_owners" else 0)


def test_half_of_it_and_small_deliveries_are_taken(tmp_path: Path) -> None:
    assert len(owned(make(tmp_path / "half"), *["bot"] * 10, *[""] * 10)) == 20
    assert len(owned(make(tmp_path / "small"), *["bot"] * 19)) == 19


# Keys that prove nothing

NAMED = "item_id created_at email full_name phone"


def folded(project: Path, *people: str) -> list[tuple[str, str | None]]:
    """One item for each ``email,name,phone``, a minute apart: which earlier one each is folded into."""
    lines = (f"L{number},2026-03-02T08:{number:02d}:00,{one}" for number, one in enumerate(people))
    deliver(project, "leads_20260302T0900.csv", NAMED, *lines)
    run_project(project)
    return rows(project, "select item_id, duplicate_of from marts.fct_items order by item_id")


@pytest.mark.parametrize(
    "address",
    ["post@hus.no", "info@firm.no", "noreply@form.no", "no-reply+17@form.no", "none@none.com", "test@firm.no",
     "noemail@mail.no", "alerts@firm.no", "not.provided@x.no", "mailer-daemon@x.no"],
)  # fmt: skip
def test_an_address_of_nobody_needs_the_name_too(tmp_path: Path, address: str) -> None:
    people = [f"{address},Kari Nes,", f"{address},Ola Moe,", f"{address},,", f"{address},,", f"{address},NES KARI,"]
    project = make(tmp_path / "p")
    assert folded(project, *people) == [("L0", None), ("L1", None), ("L2", None), ("L3", None), ("L4", "L0")]
    ((kind, items, names),) = rows(project, "select kind, item_count, name_count from ops.weak_keys")
    assert (kind, items, names) == ("email", 5, 2)


def test_an_address_of_many_names_proves_nothing_from_the_fourth_on(tmp_path: Path) -> None:
    names = ["Ada By", "Bo Cox", "", "Cy Dal", "Di Eng", "Ed Foss", "", "bo cox"]
    found = folded(make(tmp_path / "p"), *(f"hall@hus.no,{name}," for name in names))
    first = [("L0", None), ("L1", "L0"), ("L2", "L0"), ("L3", "L0")]
    assert found == [*first, ("L4", None), ("L5", None), ("L6", None), ("L7", "L0")]


def test_how_many_is_for_the_policy_to_say(tmp_path: Path) -> None:
    found = folded(make(tmp_path / "p", identity={"most_per_key": 1}), "hall@hus.no,Ada By,", "hall@hus.no,Bo Cox,")
    assert found == [("L0", None), ("L1", None)]


def test_placeholders_of_names_and_numbers_are_no_key(tmp_path: Path) -> None:
    people = [
        "a@x.no,Test Test,+4791002030",
        "b@x.no,Test Test,+4791002030",
        "c@x.no,Kari Nes,+4712345678",
        "d@x.no,Kari Nes,+4712345678",
        "e@x.no,Siv Dal,+4791002030",
        "f@x.no,Siv Dal,+4791002030",
    ]
    found = folded(make(tmp_path / "p"), *people)
    assert [twin for _, twin in found] == [None, None, None, None, None, "L4"]


# Duplicates


def test_a_duplicate_is_with_the_owner_of_its_item_who_is_told_once(tmp_path: Path) -> None:
    project = make(tmp_path / "p", outbox="assignment, duplicate")
    deliver(project, "leads_20260302T0900.csv", "item_id created_at email", "L1,2026-03-02T08:00:00,kari@fjord.no")
    run_project(project)
    again = (f"L{number},2026-03-03T08:0{number}:00,Kari@Fjord.no" for number in range(2, 5))
    deliver(project, "leads_20260303T0900.csv", "item_id created_at email", *again)
    run_project(project)
    assert ends(project)[1:] == [(f"L{number}", "duplicate", "same_person", "ann") for number in range(2, 5)]
    ((recipient, item, payload),) = rows(
        project, "select recipient_id, item_id, payload from ops.outbox where kind = 'duplicate'"
    )
    assert (recipient, item, json.loads(payload)["count"]) == ("ann", "L1", 3)
    assert rows(project, "select count(*) from marts.fct_decisions") == [(1,)]


def test_one_message_for_an_item_that_waits_and_its_duplicate(tmp_path: Path) -> None:
    hours = {"calendars": {"late": {"hours": {"mon-fri": ["12:00-16:00"]}}}}
    project = make(tmp_path / "p", outbox="assignment, duplicate", **hours)
    path = project / "policies" / "v1.yaml"
    rules = json.loads(path.read_text())
    rules["pools"]["pool"]["calendar"] = "late"
    path.write_text(json.dumps(rules))
    same = ("L1,2026-03-02T08:00:00,kari@fjord.no", "L2,2026-03-02T08:05:00,kari@fjord.no")
    deliver(project, "leads_20260302T0900.csv", "item_id created_at email", *same)
    run_project(project)
    assert [owner for _, _, _, owner in ends(project)] == [None, None]
    deliver(project, "leads_20260302T1300.csv", "item_id created_at email", "L3,2026-03-02T12:30:00,b@x.no")
    run_project(project)
    assert [owner for _, _, _, owner in ends(project)] == ["ann", "ann", "bob"]
    assert rows(project, "select kind, item_id from ops.outbox where recipient_id = 'ann'") == [("assignment", "L1")]


@pytest.mark.parametrize(("at", "outcome"), [("12:00:00", "duplicate"), ("12:00:00.000001", "kept")])
def test_nothing_is_folded_into_what_was_closed_longer_ago_than_the_window(
    tmp_path: Path, at: str, outcome: str
) -> None:
    project = make(tmp_path / "p")
    deliver(project, "leads_20251130T0900.csv", "item_id created_at email", "L1,2025-11-30T08:00:00,kari@fjord.no")
    closed = "L1,2025-11-30T08:00:00,kari@fjord.no,2025-12-01T12:00:00"
    deliver(project, "leads_20251201T1300.csv", "item_id created_at email closed_at", closed)
    deliver(project, "leads_20260301T1300.csv", "item_id created_at email", f"L2,2026-03-01T{at},kari@fjord.no")
    run_project(project)
    assert ends(project)[1][1] == outcome


def test_nothing_is_folded_into_what_was_deleted(tmp_path: Path) -> None:
    project = make(tmp_path / "p")
    columns = "item_id created_at email is_deleted"
    deliver(project, "leads_20260302T0900.csv", columns, "L1,2026-03-02T08:00:00,kari@fjord.no,")
    deliver(project, "leads_20260302T1100.csv", columns, "L1,2026-03-02T08:00:00,kari@fjord.no,true")
    deliver(project, "leads_20260303T0900.csv", columns, "L2,2026-03-03T08:00:00,kari@fjord.no,")
    run_project(project)
    # The last owner of the person has a claim all the same.
    assert [outcome for _, outcome, _, _ in ends(project)] == ["assigned", "kept"]
