"""What becomes of the open items of owners who depart: offered to the others, once, in one run as in many."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from rr_pipeline.errors import RefusedError

from .projects import policy, rows, run_project, write_project
from .test_full_lists import TEAM, deliver, feed, leads, owners, project

WITHOUT_ANN = ["ann,false", *TEAM[1:]]


def decisions(folder: Path) -> list[tuple[str, ...]]:
    return rows(
        folder,
        "select item_id, kind, cause, previous_member_id, member_id from marts.fct_decisions order by decision_seq",
    )


def departed(folder: Path, *, is_split: bool, **settings: str) -> Path:
    """Six items in turn; then ann is told to be inactive, and one item more comes."""
    project(folder, feed("users", **settings))
    deliver(folder, "users", "20260301T0000", *TEAM)
    leads(folder, "20260302T0900", *(f"L{number}" for number in range(6)))
    if is_split:
        run_project(folder)
    deliver(folder, "users", "20260310T0000", *WITHOUT_ANN)
    if is_split:
        run_project(folder)
    leads(folder, "20260312T0900", "L9")
    run_project(folder)
    return folder


def test_open_items_of_who_departs_are_offered_to_the_others(tmp_path):
    whole, parts = (departed(tmp_path / str(is_split), is_split=is_split) for is_split in (False, True))
    assert owners(whole) == {
        "L0": "bob", "L1": "bob", "L2": "cid", "L3": "cid", "L4": "bob", "L5": "cid", "L9": "bob",
    }  # fmt: skip
    assert decisions(whole)[6:8] == [
        ("L0", "handover", "departed", "ann", "bob"), ("L3", "handover", "departed", "ann", "cid"),
    ]  # fmt: skip
    assert decisions(parts) == decisions(whole)
    intervals = "select item_id, owner_id, from_at::varchar, until_at::varchar from marts.fct_ownership order by all"
    assert rows(parts, intervals) == rows(whole, intervals)
    told = rows(whole, "select in_words from marts.story('L0') where step = 'handover'")
    assert "bob gets it, for ann is gone" in told[0][0]


def test_with_nobody_to_take_them_they_wait(tmp_path):
    folder = project(tmp_path / "p", feed("users"), members="ann bob", limits={"daily": 1})
    deliver(folder, "users", "20260301T0000", *TEAM)
    leads(folder, "20260302T0900", "L0", "L1")
    deliver(folder, "users", "20260302T1000", *WITHOUT_ANN)
    leads(folder, "20260302T1100", "L2")
    run_project(folder)
    assert owners(folder) == {"L0": None, "L1": "bob", "L2": None}
    assert decisions(folder)[2] == ("L0", "hold", "departed", "ann", None)
    assert rows(folder, "select outcome, pool_id from marts.fct_items where item_id = 'L0'") == [("held", "pool")]
    leads(folder, "20260303T0900", "L3")
    run_project(folder)
    assert owners(folder) == {"L0": "bob", "L1": "bob", "L2": None, "L3": None}
    spans = rows(
        folder, "select owner_id, until_at is null from marts.fct_ownership where item_id = 'L0' order by from_at"
    )
    assert spans == [("ann", False), ("bob", True)]


def test_who_is_missing_from_lists_departs_with_the_second(tmp_path):
    folder = project(tmp_path / "p", feed("users", full_list="true"))
    deliver(folder, "users", "20260301T0000", *TEAM)
    leads(folder, "20260302T0900", "L0", "L1", "L2")
    deliver(folder, "users", "20260303T0000", *TEAM[1:])
    leads(folder, "20260303T0900", "L3")
    run_project(folder)
    assert owners(folder)["L0"] == "ann"
    deliver(folder, "users", "20260304T0000", *TEAM[1:])
    leads(folder, "20260304T0900", "L4")
    run_project(folder)
    assert owners(folder)["L0"] in {"bob", "cid"}
    left = "select member_id, has_left, balance_after from marts.fct_settlements where has_left"
    assert rows(folder, left) == [("ann", True, 0)]
    deliver(folder, "users", "20260305T0000", *TEAM)
    leads(folder, "20260305T0900", "L5", "L6", "L7")
    run_project(folder)
    assert {owners(folder)[name] for name in ("L5", "L6", "L7")} == {"ann", "bob", "cid"}


def gone_to(folder: Path, *, deputies: dict[str, str], away: tuple[str, ...] = (), **departed: str) -> Path:
    """L0 of ann, L1 of bob, L2 of cid; then ann is told to be inactive, while some are away."""
    rules = policy([{"user": user} for user in ("ann", "bob", "cid")])
    rules |= {
        "queues": ["review"],
        "users": [{"user": user, "deputy": deputy} for user, deputy in deputies.items()],
        "ownership": {"owners_gone": {"departed": departed}},
    }
    feeds = (feed("users"), feed("absences"), feed("items"))
    write_project(folder, rules, sources="sources:\n" + "".join(feeds))
    deliver(folder, "users", "20260301T0000", *TEAM, "dan,true")
    deliver(folder, "absences", "20260301T0000", *(f"{name},{name},2026-03-02,2026-03-11,,," for name in away))
    leads(folder, "20260302T0900", "L0", "L1", "L2")
    run_project(folder)
    deliver(folder, "users", "20260310T0000", *WITHOUT_ANN, "dan,true")
    leads(folder, "20260312T0900", "L9")
    run_project(folder)
    return folder


def test_deputy_of_who_departs_has_the_items(tmp_path):
    """dan is in no pool; it costs him no turn, and the next item goes on where the rotation stood."""
    folder = gone_to(tmp_path / "p", deputies={"ann": "dan"}, do="deputy")
    assert owners(folder) == {"L0": "dan", "L1": "bob", "L2": "cid", "L9": "bob"}
    (moved,) = [row for row in decisions(folder) if row[2] is not None]
    assert moved == ("L0", "stand_in", "departed", "ann", "dan")
    assert rows(folder, "select turn, due_at from marts.fct_decisions where kind = 'stand_in'") == [(None, None)]
    spans = "select owner_id, cause, until_at is null from marts.fct_ownership where item_id = 'L0' order by from_at"
    assert rows(folder, spans) == [("ann", "rotation", False), ("dan", "reassigned", True)]
    (told,) = rows(folder, "select in_words from marts.story('L0') where step = 'stand_in'")
    assert "dan gets it as the deputy of ann, who is gone" in told[0]


def test_deputies_who_are_not_there_pass_on_and_else_others_have_it(tmp_path):
    chain = {"ann": "dan", "dan": "cid"}
    folder = gone_to(tmp_path / "chain", deputies=chain, away=("dan",), do="deputy")
    assert owners(folder)["L0"] == "cid"
    folder = gone_to(tmp_path / "none", deputies={"ann": "dan"}, away=("dan",), do="deputy")
    assert decisions(folder)[3] == ("L0", "handover", "departed", "ann", "bob")


def test_items_of_who_departs_go_to_a_queue(tmp_path):
    folder = gone_to(tmp_path / "p", deputies={}, do="queue", queue="review")
    assert decisions(folder)[3] == ("L0", "queue", "departed", "ann", None)
    found = rows(folder, "select outcome, outcome_reason, queue_id from marts.fct_items where item_id = 'L0'")
    assert found == [("queued", "departed", "review")]
    assert rows(folder, "select kind, cause, sent_to, ended_by from marts.fct_waits") == [
        ("queue", "departed", "review", None)
    ]
    (told,) = rows(folder, "select in_words from marts.story('L0') where step = 'queue'")
    assert told[0] == "ann is gone: it leaves ann for the queue review"


@pytest.mark.parametrize(
    ("departed", "code"),
    [
        ({"do": "queue"}, "KEY_MISSING"),
        ({"do": "queue", "queue": "revue"}, "QUEUE_UNKNOWN"),
        ({"do": "deputy", "queue": "review"}, "SETTING_UNUSED"),
        ({"do": "depute"}, "VALUE_UNKNOWN"),
    ],
)
def test_what_cannot_be_done_of_them_is_refused(tmp_path, departed, code):
    with pytest.raises(RefusedError) as refused:
        gone_to(tmp_path / "p", deputies={}, **departed)
    assert [problem.code for problem in refused.value.problems] == [code]
    assert "ownership.owners_gone.departed" in str(refused.value)


GIVEN = "select kind, member_id, told_at::varchar from marts.fct_decisions where item_id = 'L0' order by decision_seq"
STANDING = """
    select items.owner_id, items.told_at::varchar, clocks.told_at::varchar
    from marts.fct_items as items
    inner join marts.fct_sla as clocks using (item_seq, owner_id)
    where items.item_id = 'L0'
"""


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize(("do", "kind", "owner"), [("reassign", "handover", "bob"), ("deputy", "stand_in", "dan")])
def test_who_gets_an_item_of_who_is_gone_is_told(tmp_path, is_live, do, kind, owner):
    """At the close of the list that says so, or by the run; and that the source then shows them is no news."""
    rules = policy([{"user": user} for user in ("ann", "bob", "cid")], sla={"first_touch_within": "1h"})
    rules |= {"users": [{"user": "ann", "deputy": "dan"}], "ownership": {"owners_gone": {"departed": {"do": do}}}}
    feeds = (feed("users"), feed("items").replace("mapping:\n", "mapping:\n      owner_id: owner_id\n"))
    folder = write_project(tmp_path / "p", rules, sources="sources:\n" + "".join(feeds))
    if is_live:
        settings = folder / "project.yaml"
        settings.write_text(settings.read_text().replace("last_record", "now"))

    def go(as_of: str) -> None:
        run_project(folder, **({"as_of": datetime.fromisoformat(as_of)} if is_live else {}))

    def come(when: str, owner: str) -> None:
        text = f"item_id,created_at,email,owner_id\nL0,2026-03-02T09:00:00Z,L0@mail.example,{owner}\n"
        (folder / "landing" / f"leads_{when}.csv").write_text(text)

    deliver(folder, "users", "20260301T0000", *TEAM, "dan,true")
    come("20260302T0900", "")
    go("2026-03-02T09:05Z")
    deliver(folder, "users", "20260303T0000", *WITHOUT_ANN, "dan,true")
    go("2026-03-03T00:05Z")
    minutes = "05" if is_live else "00"
    told_at = f"2026-03-03 00:{minutes}:00+00"
    assert rows(folder, GIVEN) == [("assign", "ann", f"2026-03-02 09:{minutes}:00+00"), (kind, owner, told_at)]
    assert rows(folder, STANDING) == [(owner, told_at, told_at)]
    come("20260303T0900", owner)
    go("2026-03-03T09:05Z")
    assert rows(folder, GIVEN)[2:] == []
    assert rows(folder, STANDING) == [(owner, told_at, told_at)]
