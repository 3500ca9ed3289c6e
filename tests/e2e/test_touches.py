"""Touches and targets at one and the same instant: the router and the tables agree."""

from tests.e2e.lives import act, deliver, item, members, project, steps, told
from tests.e2e.projects import run_project

SLA = "select item_id, owner_id, status, first_touch_at from marts.fct_sla order by item_id, applied_at"


def test_a_touch_at_the_instant_of_an_assignment_counts_in_the_router_and_in_fct_sla(tmp_path):
    team = members("a", "b", max_open=1)
    pool = {"hours": {"mon-fri": ["09:00-17:00"]}, "sla": {"first_touch_within": "30m", "on_breach": ["reassign"]}}
    folder = project(tmp_path / "project", {"pool": {"members": team, "capacity_until": "touched", **pool}})
    leads = [item("night", "08:00"), item("day", "09:00"), item("third", "09:10")]
    acts = [act("call", "09:00", "night", "a"), act("call", "09:00", "day", "b")]
    deliver(folder, "12:00", leads=leads, acts=acts)
    run_project(folder)
    assert steps(folder)[:4] == [
        "night hold at 08:00", "night assign a at 09:00", "day assign b at 09:00", "third assign a at 09:10",
    ]  # fmt: skip
    assert told(folder, SLA)[:2] == [("day", "b", "met", "09:00"), ("night", "a", "met", "09:00")]


def test_nothing_is_breached_while_the_frontier_is_the_due_instant(tmp_path):
    sla = {"first_touch_within": "1h", "on_breach": ["notify_manager", "reassign"]}
    folder = project(tmp_path / "project", {"pool": {"members": members("a", "b", "c"), "sla": sla}})
    deliver(folder, "10:00", leads=[item("late", "09:00"), item("met", "09:00")])
    run_project(folder)
    assert told(folder, SLA) == [("late", "a", "running", None), ("met", "b", "running", None)]
    assert told(folder, "from marts.fct_breaches") == []
    deliver(folder, "10:30", acts=[act("call", "10:00", "met", "b")], leads=[item("next", "10:20")])
    run_project(folder)
    assert told(folder, SLA)[:3] == [
        ("late", "a", "breached", None),
        ("late", "c", "running", None),
        ("met", "b", "met", "10:00"),
    ]
    assert steps(folder)[2] == "late reassign c at 10:00.1 (breach) from a"


def test_a_late_touch_keeps_the_item_with_its_owner(tmp_path):
    """Touched after the due instant and before the step, it stays missed; the manager is told, nobody else gets it."""
    sla = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
    pool = {"members": members("a", "b"), "sla": sla, "activity_delay": "30m"}
    folder = project(tmp_path / "project", {"pool": pool})
    deliver(folder, "11:00", leads=[item("one", "09:00")], acts=[act("call", "09:45", "one", "a")])
    run_project(folder)
    assert steps(folder) == ["one assign a at 09:00"]
    assert told(folder, "select is_notified, outcome, decided_at from marts.fct_breaches") == [
        (True, "notified", "10:00")
    ]
    assert told(folder, SLA) == [("one", "a", "breached", "09:45")]


def test_what_the_owner_of_an_item_that_came_late_did_since_its_creation_is_the_first_touch(tmp_path):
    """Decided at the frontier, long after it was created: the router takes no step, and the tables say met."""
    sla = {"first_touch_within": "30m", "on_breach": ["notify_manager", "reassign"]}
    folder = project(tmp_path / "project", {"pool": {"members": members("a", "b", "c"), "sla": sla}})
    deliver(folder, "12:00", leads=[item("first", "12:00")])
    run_project(folder)
    late = [item("contact", "10:00", contact_id="c1"), item("id", "10:00"), item("older", "10:00")]
    touches = [
        act("call", "10:40", "", "b", contact_id="c1"), act("call", "10:30", "id", "c"),
        act("call", "10:20", "id", "a"), act("call", "09:59", "older", "a"), act("call", "12:10", "first", "a"),
    ]  # fmt: skip
    deliver(folder, "13:00", leads=late, acts=touches)
    run_project(folder)
    assert steps(folder)[1:] == [
        "contact assign b at 12:00", "id assign c at 12:00", "older assign a at 12:00",
        "older reassign b at 12:30 (breach) from a",
    ]  # fmt: skip
    assert told(folder, SLA.replace("status", "status, elapsed_seconds"))[:4] == [
        ("contact", "b", "met", 0.0, "10:40"), ("first", "a", "met", 600.0, "12:10"), ("id", "c", "met", 0.0, "10:30"),
        ("older", "a", "breached", None, None),
    ]  # fmt: skip
