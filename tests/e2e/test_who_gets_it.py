"""Who gets an item when nobody of its pool can, when its person is known, and when people work, through whole runs."""

import json

import pytest

from tests.e2e.lives import act, deliver, item, members, owners, project, steps, told
from tests.e2e.projects import run_project

REASONS = """
    select decisions.item_id, considered.member_id, considered.reason
    from marts.fct_considered as considered inner join marts.fct_decisions as decisions using (decision_seq)
    where not considered.is_eligible order by decisions.decision_seq, considered.roster_position
"""


def routed(folder, at="10:00", **feeds):
    """Deliver and run."""
    deliver(folder, at, **feeds)
    run_project(folder)
    return folder


@pytest.fixture
def place(tmp_path):
    return tmp_path / "project"


def test_an_item_nobody_can_take_goes_from_pool_to_pool(place):
    pools = {
        "north": {"members": members("n"), "limits": {"daily": 0}, "when_nobody": "failover", "failover": "mid"},
        "mid": {"members": members("m"), "limits": {"daily": 0}, "when_nobody": "failover", "failover": "south"},
        "south": {"members": members("s")},
    }
    routed(project(place, pools), leads=[item("one", "09:01")])
    assert steps(place) == [
        "one failover at 09:01 (nobody) to mid in north",
        "one failover at 09:01 (nobody) to south in mid",
        "one assign s at 09:01 in south",
    ]
    assert told(place, "select pool_id, owner_id, outcome from marts.fct_items") == [("south", "s", "assigned")]


def test_an_item_nobody_can_take_goes_to_a_queue(place):
    pools = {"pool": {"members": members("a"), "limits": {"daily": 1}, "when_nobody": "queue", "queue": "review"}}
    routed(project(place, pools, queues=["review"]), leads=[item("one", "09:01"), item("two", "09:02")])
    assert steps(place) == ["one assign a at 09:01", "two queue at 09:02 (nobody) to review"]
    ended = "select outcome, outcome_reason, queue_id, owner_id from marts.fct_items where item_id = 'two'"
    assert told(place, ended) == [("queued", "nobody", "review", None)]


def test_a_default_owner_takes_what_nobody_can(place):
    pools = {
        "pool": {
            "members": members("a"), "limits": {"daily": 1}, "when_nobody": "default_owner", "default_owner": "boss"
        }
    }  # fmt: skip
    routed(project(place, pools), leads=[item("one", "09:01"), item("two", "09:02")])
    assert owners(place) == {"one": "a", "two": "boss"}


def test_what_waits_for_a_default_owner_who_is_one_no_more_goes_back_to_the_pool(place):
    pools = {
        "pool": {
            "members": members("a"), "limits": {"daily": 1}, "when_nobody": "default_owner", "default_owner": "boss"
        }
    }  # fmt: skip
    project(place, pools)
    users = [{"user_id": name, "is_active": str(name != "boss").lower()} for name in ("a", "b", "boss")]
    routed(place, users=users, leads=[item("one", "09:01"), item("two", "09:02")])
    assert owners(place) == {"one": "a", "two": None}
    later = {
        "version": "v2", "effective_from": "2026-03-02T11:00:00Z", "catch_all": "pool",
        "pools": {"pool": {"members": members("b")}},
    }  # fmt: skip
    (place / "policies" / "v2.yaml").write_text(json.dumps(later), encoding="utf-8")
    routed(place, "12:00", leads=[item("three", "11:30")])
    assert steps(place)[3:] == [
        "two failover at 11:00 (hold_expired) to pool in pool:default_owner",
        "two assign b at 11:00 in pool",
        "three assign b at 11:30 in pool",
    ]


@pytest.mark.parametrize("cut", [False, True])
def test_a_hold_lasts_as_long_as_it_may(place, cut):
    pools = {
        "pool": {
            "members": members("a"), "limits": {"hourly": 1}, "hold_for": "30m", "then": "failover", "failover": "rest"
        },
        "rest": {"members": members("r")},
    }  # fmt: skip
    project(place, pools)
    leads = [item("one", "09:01"), item("two", "09:02"), item("three", "09:40")]
    if cut:
        routed(place, "09:10", leads=leads[:2])
        routed(place, "10:10", leads=leads[2:])
    else:
        routed(place, "10:10", leads=leads)
    assert steps(place) == [
        "one assign a at 09:01 in pool",
        "two hold at 09:02 in pool",
        "two failover at 09:32 (hold_expired) to rest in pool",
        "two assign r at 09:32 in rest",
        "three hold at 09:40 in pool",
        "three assign a at 10:00 in pool",
    ]


def case(name, at, person, **more):
    return item(name, at, email=f"{person}@person.example", **more)


def test_a_persons_next_item_stays_with_its_owner_for_a_while(place):
    pools = {"pool": {"members": members("a", "b"), "sticky_for": "2h"}}
    cases = [
        case("one", "09:00", "p"),
        case("two", "09:30", "p"),
        case("three", "11:31", "p"),
        case("four", "11:32", "q"),
    ]
    ownership = {"precedence": ["contact"]}
    routed(project(place, pools, ownership=ownership), "12:00", cases=cases)
    # The second turn is charged to a all the same, and evened out afterwards.
    assert owners(place) == {"one": "a", "two": "a", "three": "b", "four": "b"}
    came_first = (
        "select item_id, considered.member_id from marts.fct_considered as considered "
        "inner join marts.fct_decisions using (decision_seq) where came_first order by decision_seq"
    )
    assert told(place, came_first) == [("two", "a")]


@pytest.mark.parametrize("cut", [False, True])
def test_an_item_stays_with_the_last_owner_of_its_person(place, cut):
    pools = {"pool": {"members": members("a", "b")}, "cases": {"members": members("a", "c")}}
    territories = [{"name": "cases", "pool": "cases", "when": {"object_type": ["case"]}}]
    project(place, pools, territories=territories)
    lead, later = item("lead", "09:01", email="p@person.example"), case("case", "09:20", "p")
    if cut:
        routed(place, "09:10", leads=[lead])
        routed(place, "09:30", cases=[later, case("other", "09:25", "q")])
    else:
        routed(place, "09:30", leads=[lead], cases=[later, case("other", "09:25", "q")])
    found = "select item_id, outcome, outcome_reason, owner_id, pool_id from marts.fct_items order by item_seq"
    assert told(place, found) == [
        ("lead", "assigned", "rotation", "a", "pool"),
        ("case", "kept", "survivor", "a", None),
        ("other", "assigned", "rotation", "a", "cases"),
    ]
    kept = "select kind, member_id, balance_before, turn from marts.fct_decisions where item_id = 'case'"
    assert told(place, kept) == [("keep", "a", None, None)]
    ownership = "select owner_id, from_at, cause from marts.fct_ownership where item_id = 'case'"
    assert told(place, ownership) == [("a", "09:20", "kept")]


def test_kept_items_count_where_the_pool_says_so(place):
    contacts = [{"contact_id": "C1", "email": "c1@person.example", "owner_id": "a"}]
    leads = [item("kept", "09:01", contact_id="C1"), item("one", "09:02"), item("two", "09:03"), item("three", "09:04")]
    pools = {"pool": {"members": members("a", "b"), "limits": {"daily": 1}, "count_kept": True}}
    routed(project(place, pools), leads=leads, contacts=contacts)
    assert owners(place) == {"kept": "a", "one": "b", "two": None, "three": None}
    assert steps(place) == ["one assign b at 09:02", "two hold at 09:03", "three hold at 09:04"]


def test_limits_of_a_user_count_over_all_pools(place):
    pools = {"north": {"members": members("a", "n")}, "south": {"members": members("a", "s")}}
    territories = [{"name": "south", "pool": "south", "when": {"country": ["FR"]}}]
    more = {"territories": territories, "users": [{"user": "a", "limits": {"daily": 2}, "max_open": 5}]}
    leads = [item(f"l{n}", f"09:0{n}", country="FR" if n % 2 else "NO") for n in range(6)]
    routed(project(place, pools, **more), leads=leads)
    assert owners(place) == {"l0": "a", "l1": "a", "l2": "n", "l3": "s", "l4": "n", "l5": "s"}
    assert ("l4", "a", "limit_day") in told(place, REASONS)


def test_the_least_loaded_come_first(place):
    pools = {
        "pool": {"members": [{"user": "a", "max_open": 4}, {"user": "b", "max_open": 1}], "strategy": "least_loaded"}
    }
    leads = [item(f"l{n}", f"09:0{n}") for n in range(6)]
    closing = act("status_change", "09:03", "l1", outcome="closed")
    routed(project(place, pools), leads=leads, acts=[closing])
    assert owners(place) == {"l0": "a", "l1": "b", "l2": "a", "l3": "b", "l4": "a", "l5": "a"}
    loads = (
        "select item_id, considered.member_id, open_count from marts.fct_considered as considered "
        "inner join marts.fct_decisions using (decision_seq) where item_id in ('l2', 'l3') order by all"
    )
    assert told(place, loads) == [("l2", "a", 1), ("l2", "b", 1), ("l3", "a", 2), ("l3", "b", 0)]


def test_the_preferred_come_first_where_they_can(place):
    pools = {"pool": {"members": members("a", "b", "c"), "limits": {"daily": 2}}}
    rule = {"name": "b-knows-france", "when": {"country": ["FR"]}, "prefer": {"users": ["b"]}}
    leads = [item(f"l{n}", f"09:0{n}", country="FR") for n in range(4)]
    routed(project(place, pools, preferences=[rule]), leads=leads)
    assert owners(place) == {"l0": "b", "l1": "b", "l2": "a", "l3": "c"}


def test_people_work_by_their_own_clocks_and_holidays(place):
    calendars = {
        "office": {"hours": {"mon-fri": ["09:00-17:00"]}, "dates": ["2026-03-03"]},
        "night": {"hours": {"mon-fri": ["22:00-06:00 overnight"]}},
    }
    pools = {"pool": {"members": [
        {"user": "day", "calendar": "office", "time_zone": "Europe/Oslo"},
        {"user": "night", "calendar": "night", "time_zone": "America/New_York"},
    ]}}  # fmt: skip
    leads = [item("dawn", "02:00"), item("noon", "12:00"), item("gap", "16:30"), item("holiday", "1d 12:00")]
    routed(project(place, pools, calendars=calendars), "2d 08:30", leads=leads)
    # Night in New York is 03:00 to 11:00 UTC from Tuesday on, the day in Oslo 08:00 to 16:00.
    assert steps(place) == [
        "dawn hold at 02:00",
        "dawn assign day at 08:00",
        "noon assign day at 12:00",
        "gap hold at 16:30",
        "gap assign night at 1d 03:00",
        "holiday hold at 1d 12:00",
        "holiday assign night at 2d 03:00",
    ]
    assert {reason for _, _, reason in told(place, REASONS)} == {"off_hours", "holiday"}


def test_a_working_clock_stands_still_outside_hours(place):
    calendars = {"office": {"hours": {"mon-fri": ["09:00-17:00"]}}}
    sla = {"first_touch_within": "2h", "clock": "working"}
    pools = {"pool": {"members": members("a", calendar="office"), "sla": sla}}
    routed(project(place, pools, calendars=calendars), "1d 12:00", leads=[item("one", "16:30")])
    assert told(place, "select due_at from marts.fct_decisions") == [("1d 10:30",)]
    assert told(place, "select outcome, decided_at from marts.fct_breaches") == [("notified", "1d 10:30")]
