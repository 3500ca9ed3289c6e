"""Policy versions as the router takes them, and as rows of tables."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any, cast

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.core.calendar.local_time import DAY_US, HOUR_US, SECOND_US
from rr_pipeline.core.model import (
    ALWAYS,
    FAR_FUTURE_US,
    FAR_PAST_US,
    NO_LIMIT,
    NOTIFY_MANAGER,
    Limits,
    Pool,
    Schedule,
    Step,
    Target,
    UserLimits,
)
from rr_pipeline.routing.policy_versions import router_policies, write_dimensions
from rr_pipeline.routing.user_versions import People
from rr_pipeline.session.session import Session

DAY = 1440
EPOCH_2026 = 20_454
PEOPLE = People(time_zones={"ann": ((FAR_PAST_US, "Asia/Tokyo"),)})
PLAIN = """\
version: "1"
effective_from: 2026-01-01
pools: {all: {members: [{user: ann}]}}
catch_all: all
"""
FULL = """\
version: "2"
effective_from: 2026-03-01
skills: [French]
queues: [review]
calendars:
  oslo:
    hours: {mon: [09:00-12:00], sun: [22:00-06:00 overnight]}
    holidays: [NO]
    dates: [2026-05-18]
    not_holidays: [2026-05-01]
users:
  - {user: bob, limits: {weekly: 9}, week_start: sunday, time_zone: Europe/Oslo}
  - {user: ann, max_open: 9}
pools:
  all:
    strategy: least_loaded
    accrue_while: [off_hours, holiday, at_capacity, previous_owner]
    calendar: oslo
    max_open: 5
    hold_for: 4h
    then: default_owner
    default_owner: boss
    sla:
      - {name: vip, when: {tier: [a]}, first_touch_within: 15m, on_breach: [notify_manager, reassign, queue: review]}
      - {first_touch_within: 1d, clock: working, on_breach: []}
    activity_delay: 10m
    max_reassignments: 2
    charge_back: true
    declines: true
    redo_on_return: true
    count_kept: true
    sticky_for: 30d
    capacity_until: touched
    members:
      - {user: ann, skills: [French]}
      - {user: bob, max_open: 7, hours: {mon-sun: [00:00-24:00]}, holidays: []}
      - {user: cid, calendar: oslo}
catch_all: all
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "project.yaml").write_text("name: acme\ntime_zone: Europe/Oslo\n")
    (tmp_path / "policies" / "1.yaml").write_text(PLAIN)
    (tmp_path / "policies" / "2.yaml").write_text(FULL)
    return load_project(tmp_path, {})


def test_what_is_not_written_is_what_the_core_does_by_itself(project):
    first = router_policies(project, PEOPLE)[0]
    (pool,) = first.pools
    assert pool == Pool("all", pool.members)
    counted = [(user.user_id, user.limits, user.max_open, user.week_start) for user in first.users]
    assert counted == [("ann", Limits(), NO_LIMIT, 0), ("bob", Limits(), NO_LIMIT, 6)]  # by what the next one says
    (ann,) = pool.members
    assert (ann.time_zone, ann.max_open) == ("Asia/Tokyo", NO_LIMIT)
    assert ann.schedule is ALWAYS
    assert (first.from_us, first.until_us) == (FAR_PAST_US, router_policies(project, PEOPLE)[1].from_us)


def test_every_setting_of_a_pool_reaches_the_core(project):
    pool, last = router_policies(project, PEOPLE)[1].pools
    assert pool == Pool(
        "all",
        pool.members,
        accrue_while=frozenset({"off_hours", "holiday", "at_capacity", "previous_owner"}),
        strategy="least_loaded",
        when_nobody="hold",
        failover="all:default_owner",
        hold_for_us=4 * HOUR_US,
        then="failover",
        targets=(
            Target(
                "all/vip",
                900 * SECOND_US,
                "calendar",
                (NOTIFY_MANAGER, Step("reassign"), Step("queue", to="review")),
                False,
            ),
            Target("all/first_touch", DAY_US, "working", (), True),
        ),
        activity_delay_us=600 * SECOND_US,
        max_reassignments=2,
        charge_back=True,
        declines=True,
        redo_on_return=True,
        count_kept=True,
        sticky_us=30 * DAY_US,
        capacity_until="touched",
    )
    (boss,) = last.members
    assert last == Pool("all:default_owner", last.members)
    assert (boss.member_id, boss.weight, boss.skills, boss.schedule) == ("boss", 1, frozenset({"french"}), ALWAYS)
    assert boss.until_us == FAR_FUTURE_US


def test_members_have_their_hours_holidays_and_bounds(project):
    ann, bob, cid = router_policies(project, PEOPLE)[1].pools[0].members
    assert ann.schedule.blocks == ((540, 720), (6 * DAY + 1320, 7 * DAY + 360))
    # 17 and 18 May are off, 1 May is worked, and other years have their holidays too.
    assert {EPOCH_2026 + 136, EPOCH_2026 + 137} <= ann.schedule.holidays
    assert EPOCH_2026 + 120 not in ann.schedule.holidays
    assert EPOCH_2026 + 365 in ann.schedule.holidays
    assert EPOCH_2026 - 365 in ann.schedule.holidays
    assert cid.schedule is ann.schedule
    assert bob.schedule == Schedule(tuple((day * DAY, (day + 1) * DAY) for day in range(7)))
    assert [member.max_open for member in (ann, bob, cid)] == [5, 7, 5]


def test_one_schedule_is_one_object_in_every_run(project):
    first, second = (router_policies(project, PEOPLE)[1].pools[0].members[0].schedule for _ in range(2))
    assert first is second


def test_limits_over_all_pools(project):
    assert router_policies(project, PEOPLE)[1].users == (
        UserLimits("ann", max_open=9, time_zone="Asia/Tokyo"),
        UserLimits("bob", Limits(weekly=9), time_zone="Europe/Oslo", week_start=6),
    )


@pytest.fixture
def con(project):
    with duckdb.connect() as connection:
        write_dimensions(cast(Session, SimpleNamespace(con=connection, project=project)), PEOPLE)
        yield connection


def rows(con, query) -> list[dict[str, Any]]:
    return con.sql(query).to_arrow_table().to_pylist()


def test_rows_of_pools(con):
    plain, pool, last = rows(con, "from int_policy_pools order by version, pool_id")
    assert (plain["strategy"], plain["when_nobody"], plain["targets"], plain["is_catch_all"]) == (
        "fair",
        "hold",
        "[]",
        True,
    )
    assert (plain["hold_for_seconds"], plain["sticky_for_seconds"], plain["queue_id"]) == (None, None, None)
    assert (pool["hold_for_seconds"], pool["when_hold_ends"], pool["failover_pool_id"]) == (
        14_400,
        "failover",
        last["pool_id"],
    )
    assert (last["is_default_owner"], last["member_count"], last["is_catch_all"]) == (True, 1, False)
    assert json.loads(pool["targets"]) == [
        {
            "target": "all/vip",
            "first_touch_within_seconds": 900,
            "clock": "calendar",
            "on_breach": ["notify_manager", "reassign", "queue:review"],
            "is_default": False,
        },
        {
            "target": "all/first_touch",
            "first_touch_within_seconds": 86_400,
            "clock": "working",
            "on_breach": [],
            "is_default": True,
        },
    ]


def test_rows_of_members_and_users(con):
    ann, bob, _cid, boss = rows(con, "from int_policy_members where version = '2' order by pool_id, roster_position")
    assert (ann["calendar"], ann["max_open"], ann["user_max_open"], ann["user_limits"]) == ("oslo", 5, 9, "{}")
    assert ann["working_hours"] == ["mon 09:00-12:00", "sun 22:00-06:00 overnight"]
    assert ann["holidays"] == ["NO", "2026-05-18", "not 2026-05-01"]
    assert (bob["holidays"], bob["user_limits"]) == ([], '{"weekly": 9}')
    assert (boss["working_hours"], boss["calendar"], boss["max_open"]) == (None, None, None)
    assert [
        (user["user_id"], user["week_start_day"]) for user in rows(con, "from int_policy_users order by user_id")
    ] == [
        ("ann", 0),
        ("bob", 6),
    ]
