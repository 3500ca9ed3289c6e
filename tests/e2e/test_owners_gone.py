"""What becomes of the open items of owners who depart: offered to the others, once, in one run as in many."""

from __future__ import annotations

from pathlib import Path

from .projects import rows, run_project
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
