"""Years of items that come with their ownership history: owners as they were, and a rotation that starts even."""

import contextlib
import random
import re
from datetime import timedelta
from pathlib import Path
from textwrap import dedent, indent

import duckdb
import pytest
import yaml

from tests.e2e.lives import (
    FEEDS,
    clock,
    deliver,
    item,
    members,
    owners,
    project,
    told,
    warehouse,
)
from tests.e2e.projects import rows, run_project, write_project

ASKED = {"precedence": ["history", "contact", "survivor"]}
KEEPS = {"owners_gone": {"departed": {"do": "keep"}}}
HISTORY = "ownership_history", "object_type item_id owner_id from_at until_at updated_at"
OWNED = "select owner_id, from_at, until_at, cause from marts.fct_ownership where item_id = '{}' order by from_at"
ITEMS = "select item_id, outcome, outcome_reason, owner_id from marts.fct_items order by all"


@pytest.fixture(autouse=True)
def history_feed(monkeypatch):
    monkeypatch.setitem(FEEDS, "history", HISTORY)


def had(what, owner, start, end="", kind="lead"):
    until_at = clock(end).isoformat() if end else ""
    return {
        "object_type": kind, "item_id": what, "owner_id": owner, "from_at": clock(start).isoformat(),
        "until_at": until_at,
    }  # fmt: skip


def users(*names, **states):
    found = [{"user_id": name, "is_active": "true"} for name in names]
    return found + [{"user_id": name, "is_active": state} for name, state in states.items()]


def small(folder, history, ownership=ASKED):
    """One lead L of 09:00 in a pool of a and b, where c is a user too and gone was one; run once."""
    project(folder, {"main": {"members": members("a", "b")}}, ownership=ownership)
    deliver(folder, "18:00", users=users("a", "b", "c", gone="false"), leads=[item("L", "09:00")], history=history)
    return run_project(folder)


def test_owners_follow_each_other_as_recorded(tmp_path):
    small(tmp_path / "p", [had("L", "c", "09:30", "11:00"), had("L", "b", "11:00", "12:00"), had("L", "c", "13:00")])
    assert told(tmp_path / "p", OWNED.format("L")) == [
        ("c", "09:00", "11:00", "kept"), ("b", "11:00", "12:00", "manual"), ("c", "13:00", None, "manual"),
    ]  # fmt: skip
    found = told(tmp_path / "p", "select outcome, outcome_reason, owner_id, assigned_at, first_assigned_at "
                 "from marts.fct_items")  # fmt: skip
    assert found == [("kept", "history", "c", "13:00", "09:00")]
    assert told(tmp_path / "p", "from marts.fct_decisions") == []
    words = [line for (line,) in told(tmp_path / "p", "select in_words from marts.story('L')")]
    assert words[1:] == [
        "stays with c, who had it by the ownership history; no turn is charged",
        "passes to b by the ownership history; no turn is charged",
        "passes to c by the ownership history; no turn is charged",
    ]


WHOSE = {
    "assigned-before-created": ([("c", "08:00")], [("c", "09:00", None)]),
    "over-before-created": ([("c", "07:00", "08:00")], None),
    "handed-on-before-created": ([("c", "07:00"), ("b", "08:00")], [("b", "09:00", None)]),
    "the-last-has-it-still": ([("c", "09:00", "10:00")], [("c", "09:00", None)]),
    "a-row-for-every-change-of-any-field": (
        [("c", "09:00", "10:00"), ("c", "10:00", "11:00"), ("b", "11:00")],
        [("c", "09:00", "11:00"), ("b", "11:00", None)],
    ),
    "two-at-once": (
        [("c", "09:00", "12:00"), ("b", "10:00", "11:00")], [("c", "09:00", "10:00"), ("b", "10:00", None)],
    ),
    "two-from-one-instant": ([("b", "09:00"), ("c", "09:00")], [("c", "09:00", None)]),
    "told-by-id-and-by-name": (
        [("c", "09:00"), ("Cid", "09:00"), ("b", "10:00"), ("Bob", "10:00")],
        [("c", "09:00", "10:00"), ("b", "10:00", None)],
    ),
    "nobody-is-noted-only": (
        [("c", "09:00"), ("", "10:00"), ("b", "11:00")], [("c", "09:00", "11:00"), ("b", "11:00", None)],
    ),
    "first-nobody": ([("", "09:00", "10:00"), ("c", "10:00")], [("c", "09:00", None)]),
    "only-nobody": ([("", "09:00")], None),
    "first-a-queue": ([("queue", "09:00", "10:00"), ("c", "10:00")], [("c", "09:00", None)]),
    "a-queue-is-nobody": (
        [("c", "09:00"), ("queue", "10:00"), ("b", "12:00"), ("queue", "13:00")],
        [("c", "09:00", "10:00"), ("b", "12:00", None)],
    ),
    "the-first-who-may-keep-it": ([("gone", "09:00"), ("c", "10:00")], [("c", "09:00", None)]),
    "who-left-had-it-all-the-same": (
        [("c", "09:00"), ("gone", "10:00")], [("c", "09:00", "10:00"), ("gone", "10:00", None)],
    ),
    "on-vacation": ([("b", "09:00")], [("b", "09:00", None)]),
    "another-kind": ([("c", "09:00", "", "case")], None),
    "inactive": ([("gone", "09:00")], "owner_inactive"),
    "unknown": ([("queue", "09:00")], "owner_unknown"),
    "no-history": ([], None),
}  # fmt: skip
"""What is recorded of an item of 09:00, and whose it then was; None or a reason: the rotation's."""


@pytest.fixture(scope="module")
def whose(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whose") / "p"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(FEEDS, "history", HISTORY)
        project(folder, {"main": {"members": members("a", "b")}}, ownership=ASKED)
        history = [had(name, *row) for name, (rows, _) in WHOSE.items() for row in rows]
        away = [{"user_id": "b", "start": "2026-03-02", "end": "2026-03-02"}]
        leads = [item(name, "09:00") for name in WHOSE]
        deliver(folder, "18:00", users=users("a", "b", "c", gone="false"), absences=away, leads=leads, history=history)
        return folder, run_project(folder)


@pytest.mark.parametrize("name", WHOSE)
def test_whose_it_was(whose, name):
    folder, owned = whose[0], WHOSE[name][1]
    found = told(folder, OWNED.format(name))
    ((outcome, reason, owner),) = told(
        folder, f"select outcome, outcome_reason, owner_id from marts.fct_items where item_id = '{name}'"
    )
    assert owner == found[-1][0]
    if isinstance(owned, list):
        assert (outcome, reason) == ("kept", "history")
        assert [row[:3] for row in found] == owned
        assert [row[3] for row in found] == ["kept", *["manual"] * (len(owned) - 1)]
    else:
        assert (outcome, reason) == ("assigned", owned or "rotation")
        assert found == [("a", "09:00", None, "rotation")]


def test_two_owners_at_one_instant_are_told_of(whose):
    folder, report = whose
    tie, overlap = [one for one in report.warnings if one.code != "HASH_KEY_DEFAULT"]
    assert (tie.code, tie.field, tie.message.split()[0]) == ("ID_REPEATED", "from_at", "1")
    assert "`delivered_at`" in tie.message
    assert (overlap.code, overlap.message.split()[0]) == ("OWNERS_OVERLAP", "1")
    tied = told(folder, "select item_id from marts.fct_items where tied_owner_count > 1")
    assert tied == [("two-from-one-instant",)]


def test_rows_without_an_owner_are_noted_and_refuse_nothing(whose):
    folder, report = whose
    assert ("history", "OWNER_MISSING", 3) in report.warning_counts
    assert rows(folder, "from ops.quarantine") == []


def test_keep_inactive_keeps_what_somebody_had_who_left(tmp_path):
    history = [had("L", "gone", "09:00"), had("L", "c", "10:00")]
    small(tmp_path / "p", history, ownership={**ASKED, "keep_inactive": True})
    assert [row[:3] for row in told(tmp_path / "p", OWNED.format("L"))] == [
        ("gone", "09:00", "10:00"), ("c", "10:00", None),
    ]  # fmt: skip


def test_only_a_policy_that_asks_for_history_goes_by_it(tmp_path):
    small(tmp_path / "p", [had("L", "c", "09:00")], ownership={"keep_inactive": False})
    assert told(tmp_path / "p", ITEMS) == [("L", "assigned", "rotation", "a")]


def test_what_was_told_with_the_item_or_before_is_its_claim_and_the_later_word_is_news(tmp_path):
    folder = project(tmp_path / "p", {"main": {"members": members("a", "b")}}, ownership=ASKED)
    deliver(folder, "08:00", users=users("a", "b", "c"), history=[had("K", "a", "07:00"), had("M", "a", "07:30")])
    deliver(folder, "10:00", leads=[item("K", "09:00"), item("L", "09:01"), item("M", "09:02")],
            history=[had("M", "b", "07:30")])  # fmt: skip
    deliver(folder, "12:00", history=[had("L", "c", "09:01"), had("K", "c", "09:30")])
    run_project(folder)
    assert told(folder, ITEMS) == [
        ("K", "assigned", "manual", "c"), ("L", "assigned", "manual", "c"), ("M", "kept", "history", "b"),
    ]  # fmt: skip
    assert told(folder, OWNED.format("K")) == [("a", "09:00", "09:30", "kept"), ("c", "09:30", None, "manual")]


def test_the_later_update_counts_whatever_comes_last(tmp_path):
    folder = project(tmp_path / "p", {"main": {"members": members("a", "b")}}, ownership=ASKED)
    rows_of_m = [had("M", owner, "07:00") | {"updated_at": clock(at).isoformat()} for owner, at in
                 (("a", "07:20"), ("b", "07:40"), ("c", "07:30"))]  # fmt: skip
    deliver(folder, "08:00", users=users("a", "b", "c"), history=rows_of_m)
    deliver(folder, "10:00", leads=[item("M", "09:02")], history=rows_of_m[:1])
    report = run_project(folder)
    assert told(folder, ITEMS) == [("M", "kept", "history", "b")]
    assert "ID_REPEATED" not in {one.code for one in report.warnings}


def test_an_owner_to_come_is_judged_by_what_the_items_own_delivery_knew(tmp_path):
    """Whether b is there at 12:00 is told at 11:00 only, maybe in another run: L is b's, as its delivery says."""
    folder = project(tmp_path / "p", {"main": {"members": members("a", "b")}}, ownership=ASKED | KEEPS)
    deliver(folder, "10:00", users=users("a", "b"), leads=[item("L", "09:00")], history=[had("L", "b", "12:00")])
    deliver(folder, "11:00", users=users(b="false"))
    run_project(folder)
    assert told(folder, ITEMS) == [("L", "kept", "history", "b")]


def years(folder, **pool):
    """Three years of leads, each with one to four owners; what is recorded, as (owner, from, until) by lead."""
    dice, recorded, leads = random.Random(7), {}, []
    project(folder, {"main": {"members": members("a", "b", "c"), **pool}}, ownership=ASKED)
    for number in range(400):
        created = clock("00:00") - timedelta(days=3 * 365) + timedelta(seconds=dice.randrange(3 * 365 * 86400 - 9))
        leads.append({**item(f"L{number}", "00:00"), "created_at": created.isoformat()})
        changes = sorted(
            {created, *(created + (clock("00:00") - created) * dice.random() for _ in range(dice.randrange(4)))}
        )
        names = [dice.choice("abc")]
        for _ in changes[1:]:
            names.append(dice.choice([user for user in "abcd" if user != names[-1]]))
        ends = [*changes[1:], None]
        recorded[f"L{number}"] = list(zip(names, changes, ends, strict=True))
    history = [
        {"object_type": "lead", "item_id": name, "owner_id": owner, "from_at": start.isoformat()}
        for name, rows in recorded.items()
        for owner, start, _ in rows
    ]
    dice.shuffle(history)
    deliver(folder, "00:00", users=users("a", "b", "c", "d"), leads=leads, history=history)
    return recorded


def test_after_years_of_history_all_start_even(tmp_path):
    folder = tmp_path / "p"
    recorded = years(folder)
    with (folder / "project.yaml").open("a") as file:
        file.write("outbox: {messages: [assignment, crm_owner_update, task]}\n")
    assert run_project(folder).decisions == 0
    found = rows(
        folder, "select item_id, owner_id, from_at, until_at from marts.fct_ownership order by item_id, from_at"
    )
    assert {name: [row[1:] for row in found if row[0] == name] for name in recorded} == recorded
    assert owners(folder) == {name: rows[-1][0] for name, rows in recorded.items()}
    assert set(told(folder, "select outcome, outcome_reason from marts.fct_items")) == {("kept", "history")}
    balances = "select balance from ops.router_state where balance <> 0"
    assert warehouse(folder, balances) == []
    deliver(folder, "18:00", leads=[item(f"new{number}", f"09:0{number}") for number in range(6)])
    run_project(folder)
    assert [owners(folder)[f"new{number}"] for number in range(6)] == ["a", "b", "c", "a", "b", "c"]
    assert warehouse(folder, balances) == []
    # Whoever has had an item for years needs no message.
    assert {name for (name,) in told(folder, "select item_id from ops.outbox")} == {f"new{n}" for n in range(6)}


def test_counted_items_of_history_fill_the_limits_of_their_day(tmp_path):
    pool = {"count_kept": True, "limits": {"daily": 2}, "members": members("a", "b")}
    folder = project(tmp_path / "p", {"main": pool}, ownership=ASKED)
    history = [had("K1", "a", "08:00"), had("K2", "a", "08:10", "08:30"), had("K2", "b", "08:30")]
    leads = [item("K1", "08:00"), item("K2", "08:10"), *(item(f"L{n}", f"09:0{n}") for n in range(3))]
    deliver(folder, "18:00", users=users("a", "b"), leads=leads, history=history)
    run_project(folder)
    # K2 counts for a, who got it that day; b has taken it over, and has two turns left.
    assert owners(folder) == {"K1": "a", "K2": "b", "L0": "b", "L1": "b", "L2": None}


LEADS = """Id,CreatedDate,Email,OwnerId
00Q1,2026-03-02T09:00:00Z,one@x.example,005B
00Q2,2026-03-02T09:01:00Z,two@x.example,005A
00Q3,2026-03-02T09:02:00Z,three@x.example,005C
"""
# A change is told twice, by ids and by names; the second lead never changed hands.
CHANGES = """Id,LeadId,Field,OldValue,NewValue,CreatedDate
H1,00Q1,Owner,005A,005C,2026-03-02T10:00:00Z
H2,00Q1,Owner,Ann,Cid,2026-03-02T10:00:00Z
H3,00Q1,Status,Open,Working,2026-03-02T10:30:00Z
H4,00Q1,Owner,005C,005B,2026-03-02T11:00:00Z
H5,00Q1,Owner,Cid,Bob,2026-03-02T11:00:00Z
H6,00Q3,Owner,00G1,005C,2026-03-02T09:30:00Z
H7,00Q3,Owner,Inbound,Cid,2026-03-02T09:30:00Z
"""
SALESFORCE = """
sources:
  leads: {preset: salesforce.lead, location: Lead_*.csv, delivered_at: "Lead_%Y%m%d.csv"}
  users: {table: users, location: User_*.csv, delivered_at: "User_%Y%m%d.csv", mapping: {user_id: Id}}
  changes: {preset: salesforce.lead_history, location: LeadHistory_*.csv, delivered_at: "LeadHistory_%Y%m%d.csv"}
"""


def recipe(*marks):
    """The part of the page that begins and ends with these words, as its reader copies it."""
    page = (Path(__file__).parents[2] / "docs" / "backfills.md").read_text()
    return dedent(
        re.search(rf"^ *{re.escape(marks[0])}.*?{re.escape(marks[1])}.*?$", page, re.DOTALL | re.MULTILINE)[0]
    )


def test_the_recipe_for_histories_that_tell_of_changes_only(tmp_path):
    more = indent(recipe("first_owners:", "mapping:"), "  ")
    rules = yaml.safe_load(recipe("version: before-us", "keep_inactive"))
    policy = {**rules, "effective_from": "2023-01-01", "pools": {"main": {"members": members("005A", "005B")}}}
    folder = write_project(tmp_path / "p", {**policy, "catch_all": "main"}, sources=f"{SALESFORCE}{more}\n")
    users = "Id\n005A\n005B\n005C\n"
    for name, text in {"Lead": LEADS, "LeadHistory": CHANGES, "User": users}.items():
        (folder / "landing" / f"{name}_20260303.csv").write_text(text)
    with contextlib.chdir(folder / "landing"), duckdb.connect() as con:
        con.execute(recipe("create table history", "(header);").replace("20260101", "20260303"))
    report = run_project(folder)
    assert (report.decisions, report.exit_code) == (0, 0)
    owned = "select item_id, owner_id, from_at, until_at from marts.fct_ownership order by item_id, from_at"
    assert told(folder, owned) == [
        ("00Q1", "005A", "09:00", "10:00"), ("00Q1", "005C", "10:00", "11:00"), ("00Q1", "005B", "11:00", None),
        ("00Q2", "005A", "09:01", None), ("00Q3", "005C", "09:02", None),
    ]  # fmt: skip
