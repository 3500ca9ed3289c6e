"""Deliveries that were wrong and are withdrawn: what ends with them, what counts no longer, and what stays."""

import json
from datetime import date

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError
from rr_pipeline.routing.exception_tokens import read_tokens
from rr_pipeline.runs.backfill import backfill
from tests import command_line
from tests.e2e.lives import act, clock, deliver, item, members, owners, project, steps, told, warehouse
from tests.e2e.projects import run_project

HEADER = "token_id,pool_id,member_id,kind,skill,from,expires,file\n"
MESSAGES = "outbox:\n  messages: [assignment, withdrawn]\n"


def one_pool(folder, *users, **settings):
    whole = project(folder, {"main": {"members": members(*users), **settings}})
    with (whole / "project.yaml").open("a", encoding="utf-8") as file:
        file.write(MESSAGES)
    return whole


def rr(folder, *words):
    """The exit code, and what was said."""
    code, out, err = command_line.say(*words, "--project", folder)
    return code, out + err


def withdrawn(folder):
    return told(
        folder,
        "select item_id, occurred_at from marts.fct_item_events where kind = 'withdraw' order by item_id",
    )


def messages(folder):
    return told(
        folder,
        "select kind, item_id, recipient_id from ops.outbox where kind = 'withdrawn' order by item_id",
    )


def test_items_that_only_a_withdrawn_file_tells_of_end_and_their_owners_are_told(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob", max_open=2)
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    deliver(folder, "10:00", leads=[item(name, "09:10") for name in ("b", "c", "d", "e", "f")])
    run_project(folder)
    assert owners(folder) == {"a": "ann", "b": "bob", "c": "ann", "d": "bob", "e": None, "f": None}
    before = steps(folder)

    code, said = rr(folder, "withdraw", "leads_20260302T1000.csv")
    assert code == 0, said
    assert "leads_20260302T1000.csv" in said
    deliver(folder, "11:00", leads=[item("g", "10:10")])
    run_project(folder)

    after = steps(folder)
    assert after[: len(before)] == before, "nothing that was decided moves"
    assert after[len(before) :] == [
        "e withdraw at 10:00.1 (closed)",
        "f withdraw at 10:00.1 (closed)",
        "g assign bob at 10:10",
    ]
    assert withdrawn(folder) == [(name, "10:00.1") for name in "bcdef"]
    assert messages(folder) == [("withdrawn", "b", "bob"), ("withdrawn", "c", "ann"), ("withdrawn", "d", "bob")]
    ends = told(folder, "select item_id, outcome, outcome_reason from marts.fct_items order by item_id")
    assert ends[4:6] == [("e", "disqualified", "withdrawn"), ("f", "disqualified", "withdrawn")]
    assert told(folder, "select item_id from marts.fct_sla where ended_at is not null order by 1") == [
        ("b",), ("c",), ("d",)
    ]  # fmt: skip
    assert told(folder, "select file_name, withdrawn_at from ops.withdrawn_files") == [
        ("leads_20260302T1000.csv", "10:00.1")
    ]
    assert warehouse(
        folder, "select count(*) from raw.leads where _file_id in (select file_id from ops.withdrawn_files)"
    ) == [(5,)]
    assert "was withdrawn" in rr(folder, "explain", "b")[1]


def test_a_turn_stays_charged(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    run_project(folder)
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    deliver(folder, "10:00", leads=[item("b", "09:10")])
    run_project(folder)
    assert owners(folder) == {"a": "ann", "b": "bob"}


@pytest.mark.parametrize("is_later", [False, True])
def test_what_another_file_tells_of_too_goes_on(tmp_path, is_later):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", leads=[item("a", "08:10"), item("b", "08:20"), item("c", "08:30")])
    run_project(folder)
    if is_later:
        assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    deliver(folder, "10:00", leads=[item("b", "08:20", city="north")])
    run_project(folder)
    if not is_later:
        assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
        run_project(folder)
    assert [name for name, _ in withdrawn(folder)] == ["a", "c"]
    assert messages(folder) == [("withdrawn", "a", "ann"), ("withdrawn", "c", "ann")]
    # The other file is wrong as well: now nothing tells of it any more.
    assert rr(folder, "withdraw", "leads_20260302T1000.csv")[0] == 0
    run_project(folder)
    assert [name for name, _ in withdrawn(folder)] == ["a", "b", "c"]


def test_a_restatement_decides_the_same(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob", "cid", max_open=1)
    deliver(folder, "09:00", leads=[item("a", "08:10"), item("b", "08:20")], absences=[])
    deliver(folder, "10:00", absences=[{"user_id": "ann", "start": "2026-03-01", "end": "2026-03-09"}])
    run_project(folder)
    deliver(folder, "11:00", leads=[item("c", "10:10"), item("d", "10:20")])
    run_project(folder)
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    assert rr(folder, "withdraw", "absences_20260302T1000.csv")[0] == 0
    deliver(folder, "12:00", leads=[item("e", "11:10"), item("f", "11:20")])
    run_project(folder)
    deliver(folder, "13:00", leads=[item("a", "08:10", city="north"), item("h", "12:20")])
    run_project(folder)
    columns = "item_id, kind, member_id, decided_at, cause"
    queries = (
        f"select {columns} from marts.fct_decisions order by decision_seq",
        "select item_id, outcome, outcome_reason, owner_id from marts.fct_items order by item_id",
        "select item_id, kind, counted_at from marts.fct_item_events order by all",
        "select message_id from ops.outbox order by all",
    )
    before = [told(folder, query) for query in queries]
    assert [row[3] for row in before[0] if row[:2] == ("d", "assign")] == ["11:00.1"]
    assert [name for name, kind, _ in before[2] if kind == "withdraw"] == ["a", "b"]
    done = backfill(load_project(folder), date(2026, 3, 2))
    assert [told(folder, query) for query in queries] == before
    assert done.superseded == 0


def test_a_live_project_acts_at_the_run_that_notes_it_and_a_restatement_agrees(tmp_path):
    sla = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
    folder = one_pool(tmp_path / "project", "ann", "bob", max_open=2, sla=sla)
    for name, before, after in (
        ("sources.yaml", "object_type: lead\n", "object_type: lead\n    decide: delivered\n"),
        ("project.yaml", "last_record", "now"),
    ):
        path = folder / name
        path.write_text(path.read_text().replace(before, after))
    deliver(folder, "09:00", leads=[item(name, "08:10") for name in ("a", "b", "c", "d", "e")])
    deliver(folder, "09:00", acts=[act("call", "08:55", "later", "bob")])
    run_project(folder, as_of=clock("09:05"))
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    assert rr(folder, "withdraw", "acts_20260302T0900.csv")[0] == 0
    deliver(folder, "10:00", leads=[item("b", "08:10", city="north"), item("later", "08:50")], acts=[])
    run_project(folder, as_of=clock("10:05"))
    deliver(folder, "11:00", leads=[item("g", "10:30")], acts=[act("call", "10:20", "later", "ann")])
    run_project(folder, as_of=clock("11:05"))

    assert [name for name, _ in withdrawn(folder)] == ["a", "c", "d", "e"]
    assert messages(folder) == [("withdrawn", "a", "ann"), ("withdrawn", "c", "ann"), ("withdrawn", "d", "bob")]
    assert told(folder, "select item_id, kind from marts.fct_item_events where activity_id is not null") == [
        ("later", "touch")
    ]
    ended = told(folder, "select item_id from marts.fct_breaches where item_id in ('a', 'c', 'd')")
    assert ended == [], "no step of what has ended is taken"
    tables = ("fct_items", "fct_decisions", "fct_breaches", "fct_ownership", "fct_sla", "fct_item_events")
    queries = [f"select * exclude (run_id) from marts.{name} order by all" for name in tables]
    before = [told(folder, query) for query in queries]
    done = backfill(load_project(folder), date(2026, 3, 2))
    assert [told(folder, query) for query in queries] == before
    assert done.superseded == 0


def test_rows_of_people_and_of_accounts_count_no_longer(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", users=[{"user_id": user, "is_active": "true"} for user in ("ann", "bob", "dan")])
    deliver(folder, "09:00", contacts=[{"contact_id": "k", "email": "x@firm.example", "owner_id": "bob"}])
    deliver(folder, "10:00", users=[{"user_id": "ann", "is_active": "false"}])
    deliver(folder, "10:00", contacts=[{"contact_id": "k", "email": "x@firm.example", "owner_id": "dan"}])
    deliver(folder, "10:00", leads=[item("a", "09:30", contact_id="k"), item("b", "09:40")])
    run_project(folder)
    assert owners(folder) == {"a": "dan", "b": "bob"}
    assert rr(folder, "withdraw", "contacts_20260302T1000.csv")[0] == 0
    assert rr(folder, "withdraw", "users_20260302T1000.csv")[0] == 0
    deliver(folder, "11:00", leads=[item("c", "10:30", contact_id="k"), item("d", "10:40"), item("e", "10:50")])
    run_project(folder)
    assert owners(folder) == {"a": "dan", "b": "bob", "c": "bob", "d": "ann", "e": "bob"}


def test_nothing_is_folded_into_what_was_withdrawn(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    run_project(folder)
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    deliver(folder, "10:00", leads=[{**item("a", "09:10"), "item_id": "a2"}])
    run_project(folder)
    assert told(folder, "select item_id, outcome, owner_id from marts.fct_items order by 1") == [
        ("a", "assigned", "ann"), ("a2", "kept", "ann")
    ]  # fmt: skip


def test_files_that_cannot_be_withdrawn_are_refused_with_what_to_do(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    name = "leads_20260302T0900.csv"
    assert "FILE_NOT_DELIVERED" in rr(folder, "withdraw", name)[1]
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    deliver(folder, "10:00", leads=[item("b", "09:10")])
    run_project(folder)
    deliver(folder, "10:00", leads=[item("c", "09:10")])
    run_project(folder)
    code, said = rr(folder, "withdraw", "leads_20260302T0990.csv")
    assert code == 2
    assert "FILE_NOT_DELIVERED" in said
    assert f"'{name}'" in said
    assert "FILE_DELIVERED_TWICE" in rr(folder, "withdraw", "leads_20260302T1000.csv")[1]
    assert not (folder / "exceptions.csv").exists()
    code, said = rr(folder, "withdraw", name, "--json")
    assert code == 0
    assert json.loads(said)["file_name"] == name
    for _ in range(2):
        assert "FILE_WITHDRAWN" in rr(folder, "withdraw", name)[1]
        run_project(folder)
    assert (folder / "exceptions.csv").read_text() == HEADER + f"withdraw-1,,,withdraw,,,,{name}\n"


def test_the_right_file_may_come_under_the_name_of_the_wrong_one(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", leads=[item("a", "08:10"), item("b", "08:20")])
    run_project(folder)
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    deliver(folder, "09:00", leads=[item("b", "08:20", city="north"), item("c", "08:30")])
    run_project(folder)
    assert [name for name, _ in withdrawn(folder)] == ["a"]
    assert owners(folder) == {"a": "ann", "b": "bob", "c": "ann"}
    assert rr(folder, "withdraw", "leads_20260302T0900.csv")[0] == 0
    run_project(folder)
    assert [name for name, _ in withdrawn(folder)] == ["a", "b", "c"]
    assert "FILE_WITHDRAWN" in rr(folder, "withdraw", "leads_20260302T0900.csv")[1]


def test_a_row_by_hand_is_refused_by_the_run_where_the_command_would(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    run_project(folder)
    (folder / "exceptions.csv").write_text(HEADER + "x,,,withdraw,,,,leads_20260302T0800.csv\n")
    with pytest.raises(RefusedError) as refused:
        run_project(folder)
    assert [(problem.file, problem.code) for problem in refused.value.problems] == [
        ("leads_20260302T0800.csv", "FILE_NOT_DELIVERED")
    ]
    rows = ["a,,,withdraw,,,,", "b,main,,withdraw,,,2026-04-01,f.csv", "c,main,,pause,,,,f.csv"]
    (folder / "exceptions.csv").write_text(HEADER + "\n".join(rows) + "\n")
    with pytest.raises(RefusedError) as refused:
        read_tokens(load_project(folder))
    assert [(problem.row, problem.field, problem.code) for problem in refused.value.problems] == [
        (1, "file", "FIELD_EMPTY"),
        (2, "pool_id", "FIELD_UNUSED"),
        (2, "expires", "FIELD_UNUSED"),
        (3, "file", "FIELD_UNUSED"),
    ]


def test_a_full_list_is_not_withdrawn(tmp_path):
    folder = one_pool(tmp_path / "project", "ann", "bob")
    text = (folder / "sources.yaml").read_text()
    (folder / "sources.yaml").write_text(text.replace("  users:\n", "  users:\n    full_list: true\n"))
    deliver(folder, "09:00", users=[{"user_id": user, "is_active": "true"} for user in ("ann", "bob")])
    deliver(folder, "09:00", leads=[item("a", "08:10")])
    run_project(folder)
    assert "FILE_IS_LIST" in rr(folder, "withdraw", "users_20260302T0900.csv")[1]
