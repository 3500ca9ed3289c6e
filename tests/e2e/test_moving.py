"""People who move to another time zone, and a users feed that comes late: what was known then decides, in any cuts."""

from datetime import date

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.runs.backfill import backfill
from tests.e2e.lives import deliver, item, members, project, steps, told
from tests.e2e.projects import rows, run_project
from tests.e2e.test_cuts import answers

OFFICE = {"office": {"hours": {"mon-sun": ["09:00-17:00"]}}}


def moving(folder):
    """The user a works in Oslo, and from the second day on in New York; b is on leave on the days of the move."""
    pools = {"main": {"members": members("a", "b"), "calendar": "office", "limits": {"daily": 3},
                      "sla": {"first_touch_within": "2h", "clock": "working"}}}  # fmt: skip
    project(folder, pools, calendars=OFFICE, users=[{"user": "a", "limits": {"weekly": 9}}])
    users = [{"user_id": user, "is_active": "true", "time_zone": "Europe/Oslo"} for user in "ab"]
    yield (
        "09:00",
        {
            "users": users,
            "absences": [{"user_id": "b", "start": "2026-03-03", "end": "2026-03-03"}],
            "leads": [item("mon-open", "08:30"), item("mon-early", "07:00")],
        },
    )
    yield "1d 07:00", {"leads": [item("tue-early", "1d 06:30")]}
    yield (
        "1d 12:00",
        {
            "users": [{**user, "time_zone": "America/New_York"} for user in users],
            "leads": [item("tue-noon", "1d 11:00")],
        },
    )
    leads = [item("tue-afternoon", "1d 15:00"), item("tue-late", "1d 22:15"), item("wed-early", "2d 08:15")]
    yield "2d 09:00", {"leads": leads}
    yield "2d 15:00", {"leads": [item("wed-open", "2d 14:30")]}


def late_feed(folder):
    """No users feed at first; then one that says where they are, that b has left, and who c is."""
    pools = {"main": {"members": members("a", "b"), "calendar": "office"}}
    ownership = {"precedence": ["contact"], "owners_gone": {"departed": {"do": "keep"}}}
    project(folder, pools, calendars=OFFICE, ownership=ownership)
    contact = {"email": "c-own@person.example", "owner_id": "c"}
    yield (
        "10:00",
        {
            "contacts": [{**contact, "contact_id": "C1"}],
            "leads": [item("x1", "09:10"), item("x2", "09:20"), item("c-own", "09:30")],
        },
    )
    yield (
        "11:00",
        {
            "users": [
                {"user_id": "a", "is_active": "true", "time_zone": "Asia/Tokyo"},
                {"user_id": "b", "is_active": "false", "time_zone": "UTC"},
                {"user_id": "c", "is_active": "true", "time_zone": "UTC"},
            ],
            "leads": [item("x3", "10:30"), item("c-later", "10:40", contact_id="C1")],
        },
    )
    yield "1d 10:00", {"leads": [item("x4", "1d 01:00")]}


def agree_in_any_cuts(whole, cut, deliveries):
    """A run after each delivery, and then all of it decided again, is the one run over all."""
    expected = answers(whole)
    for at, feeds in deliveries(cut):
        deliver(cut, at, **feeds)
        run_project(cut)
    found = answers(cut)
    done = backfill(load_project(cut), date(2026, 3, 2))
    assert (done.superseded, done.owners_changed) == (0, 0)
    again = answers(cut)
    for table in expected:
        assert found[table] == expected[table], table
        assert again[table] == expected[table], table


def run_whole(folder, deliveries):
    """The project after one run over all deliveries."""
    for at, feeds in deliveries(folder):
        deliver(folder, at, **feeds)
    run_project(folder)
    return folder


def test_hours_and_leave_are_those_of_the_place_known_then(tmp_path):
    folder = run_whole(tmp_path / "whole", moving)
    assert steps(folder) == [
        "mon-early hold at 07:00",
        "mon-early assign a at 08:00",
        "mon-open assign b at 08:30",
        "tue-early hold at 1d 06:30",
        "tue-noon hold at 1d 11:00",
        "tue-early assign a at 1d 14:00",
        "tue-noon assign a at 1d 14:00",
        "tue-afternoon assign a at 1d 15:00",
        "tue-late hold at 1d 22:15",
        "wed-early hold at 2d 08:15",
        "tue-late assign b at 2d 14:00",
        "wed-early assign a at 2d 14:00",
        "wed-open assign b at 2d 14:30",
    ]
    sla = "select item_id, time_zone, assigned_date::varchar, due_at from marts.fct_sla order by applied_at, item_id"
    assert told(folder, sla) == [
        ("mon-early", "Europe/Oslo", "2026-03-02", "10:00"),
        ("mon-open", "Europe/Oslo", "2026-03-02", "10:30"),
        ("tue-early", "America/New_York", "2026-03-03", "1d 16:00"),
        ("tue-noon", "America/New_York", "2026-03-03", "1d 16:00"),
        ("tue-afternoon", "America/New_York", "2026-03-03", "1d 17:00"),
        ("tue-late", "America/New_York", "2026-03-04", "2d 16:00"),
        ("wed-early", "America/New_York", "2026-03-04", "2d 16:00"),
        ("wed-open", "America/New_York", "2026-03-04", "2d 16:30"),
    ]


@pytest.mark.slow
def test_whoever_moves_any_cuts_agree(tmp_path):
    agree_in_any_cuts(run_whole(tmp_path / "whole", moving), tmp_path / "cut", moving)


@pytest.mark.slow
def test_before_a_users_feed_every_member_and_delivered_owner_is_there(tmp_path):
    folder = run_whole(tmp_path / "whole", late_feed)
    assert steps(folder) == [
        "x1 assign a at 09:10",
        "x2 assign b at 09:20",
        "x3 hold at 10:30",
        "x3 assign a at 1d 00:00",
        "x4 assign a at 1d 01:00",
    ]
    found = rows(folder, "select item_id, outcome, owner_id, route_flag from marts.fct_items order by item_seq")
    assert found == [
        ("x1", "assigned", "a", None),
        ("x2", "assigned", "b", None),
        ("c-own", "kept", "c", None),
        ("x3", "assigned", "a", None),
        ("c-later", "kept", "c", None),
        ("x4", "assigned", "a", None),
    ]
    agree_in_any_cuts(folder, tmp_path / "cut", late_feed)
