"""Claims and open items of owners who are away for long, and the deputies who have the claims meanwhile."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from .projects import policy, rows, run_project, write_project
from .test_full_lists import deliver, feed, leads, owners

TEAM = ["ann,true", "bob,true", "cid,true", "dan,true"]
DEPUTIES = [{"user": "ann", "deputy": "bob"}, {"user": "bob", "deputy": "cid"}, {"user": "cid", "deputy": "ann"}]


def project(folder: Path, *, members: str = "dan", **ownership: Any) -> Path:
    rules = policy([{"user": user} for user in members.split()]) | {"users": DEPUTIES, "ownership": ownership}
    feeds = (feed("users"), feed("absences"), feed("contacts"), feed("items"))
    write_project(folder, rules, sources="sources:\n" + "".join(feeds))
    deliver(folder, "users", "20260301T0000", *TEAM)
    deliver(folder, "contacts", "20260301T0000", *(f"C{number},c{number}@mail.example,ann" for number in range(9)))
    return folder


def claimed(folder: Path, absences: list[str], *instants: str) -> list[tuple[str, str | None, str | None]]:
    """Whose the leads are that come at these instants of March, each of a contact of ann's."""
    deliver(folder, "absences", "20260301T0000", *absences)
    for number, when in enumerate(instants):
        leads(folder, f"202603{when}", f"L{number}", email=f"c{number}@mail.example")
    run_project(folder)
    return rows(folder, "select outcome, owner_id, route_flag from marts.fct_items order by item_id")


KEPT, STOOD_IN = ("kept", "ann", None), ("kept", "bob", None)


def test_deputy_has_the_claims_of_who_is_away_for_longer(tmp_path):
    rule = {"when_away": {"over": "2d", "do": "deputy"}}
    short = ["a,ann,2026-03-02T08:00,2026-03-04T08:00,,,"]
    assert claimed(project(tmp_path / "short", **rule), short, "02T0900") == [KEPT]
    long = ["a,ann,2026-03-02T08:00,2026-03-04T09:00,,,"]
    found = claimed(project(tmp_path / "long", **rule), long, "02T0700", "02T0900", "04T0930")
    assert found == [KEPT, STOOD_IN, KEPT]
    open_end = ["a,ann,2026-03-02T08:00,,,,"]
    assert claimed(project(tmp_path / "open", **rule), open_end, "03T0900", "04T0800") == [KEPT, STOOD_IN]


def test_who_is_away_too_passes_on_and_each_is_asked_once(tmp_path):
    rule = {"when_away": {"over": "2d", "do": "deputy"}}
    away = [f"{name},{name},2026-03-02T08:00,2026-03-04T09:00,,," for name in ("ann", "bob", "cid")]
    assert claimed(project(tmp_path / "two", **rule), away[:2], "02T0900") == [("kept", "cid", None)]
    assert claimed(project(tmp_path / "all", **rule), away, "02T0900") == [("assigned", "dan", "owner_away")]


OWN = "object_type item_id owner_id from_at"


def recorded(folder: Path, do: str, *lines: str) -> list[tuple[Any, ...]]:
    """Whose the lead L0 of 2 March is, whose record these lines are; ann is away for the week."""
    rules = policy([{"user": "dan"}]) | {"users": DEPUTIES}
    rules["ownership"] = {"precedence": ["history"], "when_away": {"over": "2d", "do": do}}
    own = "  own:\n    table: ownership_history\n    location: own_*.csv\n    delivered_at: 'own_%Y%m%dT%H%M.csv'\n"
    own += "    options: {time_zone: UTC}\n    mapping:\n" + "".join(f"      {one}: {one}\n" for one in OWN.split())
    feeds = (feed("users"), feed("absences"), feed("items"), own)
    write_project(folder, rules, sources="sources:\n" + "".join(feeds))
    deliver(folder, "users", "20260301T0000", *TEAM)
    deliver(folder, "absences", "20260301T0000", "a,ann,2026-03-01,2026-03-08,,,")
    (folder / "landing" / "own_20260301T0000.csv").write_text("\n".join([OWN.replace(" ", ","), *lines, ""]))
    leads(folder, "20260302T0900", "L0")
    run_project(folder)
    return rows(folder, "select outcome, owner_id, route_flag from marts.fct_items")


def test_claims_of_history_of_who_is_away_are_stood_in_for(tmp_path):
    of_ann = "lead,L0,ann,2026-03-01T08:00:00Z"
    assert recorded(tmp_path / "deputy", "deputy", of_ann) == [STOOD_IN]
    spans = rows(tmp_path / "deputy", "select owner_id, cause, until_at is null from marts.fct_ownership")
    assert spans == [("bob", "kept", True)]
    assert recorded(tmp_path / "rotate", "rotate", of_ann) == [("assigned", "dan", "owner_away")]
    assert recorded(tmp_path / "keep", "keep", of_ann) == [KEPT]
    # Somebody has it later: that is how it was.
    later = recorded(tmp_path / "later", "deputy", of_ann, "lead,L0,cid,2026-03-03T08:00:00Z")
    assert later == [("kept", "cid", None)]


def test_claims_may_go_to_rotation_or_stay(tmp_path):
    away = ["a,ann,2026-03-02,2026-03-08,,,"]
    rotates = project(tmp_path / "rotate", when_away={"over": "2d", "do": "rotate"})
    assert claimed(rotates, away, "02T0900") == [("assigned", "dan", "owner_away")]
    assert claimed(project(tmp_path / "keep"), away, "02T0900") == [KEPT]


def test_open_items_of_who_is_away_for_long_are_handed_over(tmp_path):
    gone = {"away": {"over": "2d", "do": "reassign"}}
    folder = project(tmp_path / "p", members="ann bob", owners_gone=gone)
    leads(folder, "20260302T0900", "L0", "L1")
    deliver(folder, "absences", "20260302T1000", "a,ann,2026-03-03,2026-03-03,,,")
    leads(folder, "20260303T1200", "L2")
    run_project(folder)
    assert owners(folder)["L0"] == "ann"
    deliver(folder, "absences", "20260303T1300", "a,ann,2026-03-03,2026-03-10,,,")
    leads(folder, "20260304T1200", "L3")
    run_project(folder)
    assert owners(folder)["L0"] == "bob"
    moved = rows(folder, "select kind, cause, previous_member_id from marts.fct_decisions where kind = 'handover'")
    assert moved == [("handover", "away", "ann")]


def test_deputy_has_the_untouched_items_of_who_is_away_for_long(tmp_path):
    gone = {"away": {"over": "2d", "do": "deputy", "touched": "leave"}}
    folder = project(tmp_path / "p", members="ann cid dan", owners_gone=gone)
    leads(folder, "20260302T0900", "L0", "L1", "L2")
    deliver(folder, "absences", "20260302T1000", "a,ann,2026-03-03,2026-03-06,,,", "b,bob,2026-03-03,2026-03-03,,,")
    leads(folder, "20260304T1200", "L3")
    run_project(folder)
    # bob, her deputy, is away for the one day, so that his has it.
    assert owners(folder) == {"L0": "cid", "L1": "cid", "L2": "dan", "L3": "cid"}
    moved = rows(folder, "select item_id, cause, previous_member_id from marts.fct_decisions where kind = 'stand_in'")
    assert moved == [("L0", "away", "ann")]


def test_settings_without_a_length_are_refused(tmp_path):
    folder = project(tmp_path / "p", owners_gone={"away": {"do": "reassign"}})
    try:
        run_project(folder)
    except Exception as error:
        text = json.dumps(str(error))
    assert "ownership.owners_gone.away" in text
