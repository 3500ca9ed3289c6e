"""The policies and tokens of the demo: two versions that differ as they say, sized by the arrivals."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import numpy as np
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.examples.demo import write_demo
from rr_pipeline.examples.demo.shifts import on_duty
from rr_pipeline.examples.demo.team import USERS
from rr_pipeline.examples.demo.timing import PERIOD_END, Period, to_us


@pytest.fixture(scope="module")
def versions(demo):
    return load_project(demo.folder, {}).policies


def weights(version, pool):
    return {member.user: member.weight for member in version.pool(pool).members}


def test_the_second_version_takes_over_inside_the_period(demo, versions):
    first, second = versions
    period = Period.of(demo.days)
    assert first.effective_from <= period.start
    assert period.start < second.effective_from < PERIOD_END


def test_the_second_version_changes_a_weight_a_limit_and_members(versions):
    first, second = versions
    assert (weights(first, "nordics")["inord"], weights(second, "nordics")["inord"]) == (3, 2)
    assert second.pool("enterprise").limits.daily > first.pool("enterprise").limits.daily
    assert set(weights(second, "uk_ireland")) - set(weights(first, "uk_ireland")) == {"enikol"}
    leaver = next(member for member in second.pool("north_america").members if member.user == "zross")
    assert leaver.until is not None


def test_pools_have_limits_skills_and_vacations(versions):
    first, _ = versions
    assert 6 <= len(first.pools) <= 10
    for pool in first.pools:
        assert 4 <= len(pool.members) <= 8
        assert pool.limits.hourly <= pool.limits.daily <= pool.limits.weekly
    assert any(member.limits.total for pool in first.pools for member in pool.members)
    assert sum(len(member.vacations) for pool in first.pools for member in pool.members) == 2


def test_every_setting_of_the_router_is_shown(versions):
    for version in versions:
        pools = {pool.pool_id: pool for pool in version.pools}
        assert {pool.strategy for pool in version.pools} == {"fair", "least_loaded"}
        assert {(pool.when_nobody, pool.then) for pool in version.pools} == {
            ("hold", None), ("hold", "queue"), ("hold", "failover"), ("failover", None),
        }  # fmt: skip
        targets = [target for pool in version.pools for target in pool.sla]
        assert {target.clock for target in targets} == {"calendar", "working"}
        steps = {step for target in targets for step in target.on_breach}
        assert steps == {"notify_manager", "reassign", "queue:executive-desk"}
        assert sum(len(pool.sla) > 1 for pool in version.pools) >= 5
        assert pools["nordics"].sticky_for
        assert {entry.do for pool in version.pools for entry in pool.while_waiting} == {"alert", "raise"}
        assert pools["uk_ireland"].declines
        assert pools["enterprise"].charge_back
        assert pools["nordics"].redo_on_return
        assert len(version.preferences) == 2
        assert len(version.users) == 12
        assert len(version.calendars) >= 7


def test_everybody_has_hours_and_holidays_of_where_they_live(versions):
    zones = {user.alias: user.zone for user in USERS}
    for pool in versions[0].pools:
        for member in pool.members:
            assert pool.calendar or pool.hours or member.hours, (pool.pool_id, member.user)
            names = member.holidays if member.holidays is not None else ()
            if zones[member.user] == "Europe/Stockholm":
                assert names == ("SE",)


def test_somebody_is_on_duty_when_the_reckoning_says_so():
    friday_night = np.array([to_us(datetime(2026, 6, 5, 21, 30, tzinfo=UTC))])  # 23:30 in Warsaw and in Oslo
    assert on_duty("support", "pnowak", friday_night) == friday_night
    monday = to_us(datetime(2026, 6, 8, 6, 0, tzinfo=UTC))
    assert on_duty("nordics", "inord", friday_night) == monday
    noon = np.array([to_us(datetime(2026, 6, 9, 10, 20, tzinfo=UTC))])  # 12:20 in Berlin: lunch
    assert on_duty("dach", "jvogt", noon) == to_us(datetime(2026, 6, 9, 10, 45, tzinfo=UTC))
    saturday = np.array([to_us(datetime(2026, 6, 6, 3, 0, tzinfo=UTC))])  # 05:00 in Warsaw: Friday's night shift
    assert on_duty("support", "pnowak", saturday) == saturday


def test_limits_grow_with_the_items(tmp_path):
    small, large = (load_project(write_demo(tmp_path / str(n), n, 1, 10).folder, {}) for n in (200, 6_000))
    for pool in ("nordics", "north_america"):
        assert large.policies[0].pool(pool).limits.daily > 5 * small.policies[0].pool(pool).limits.daily


def test_limits_leave_room_for_an_ordinary_day(versions, demo):
    """The members together may take more in a day than an ordinary one brings."""
    first, _ = versions
    room = sum(len(pool.members) * pool.limits.daily for pool in first.pools)
    assert room > 1.2 * demo.items * 0.72 / Period.of(demo.days).workdays()


def test_tokens(demo, versions):
    with (demo.folder / "exceptions.csv").open(encoding="utf-8", newline="") as file:
        tokens = list(csv.DictReader(file))
    assert {token["kind"] for token in tokens} == {"skip", "redo"}
    assert len({token["token_id"] for token in tokens}) == len(tokens)
    for token in tokens:
        assert token["member_id"] in weights(versions[0], token["pool_id"])
        start = datetime.fromisoformat(token["from"])
        assert start.tzinfo == UTC
        assert not token["expires"] or datetime.fromisoformat(token["expires"]) > start


def test_settings_are_commented(demo):
    for path in [demo.folder / "project.yaml", demo.folder / "sources.yaml", *(demo.folder / "policies").iterdir()]:
        text = path.read_text(encoding="utf-8")
        assert text.count("#") >= 8
        assert "$" not in text.replace("${RR_HASH_KEY}", "")


def test_the_team_has_managers_zones_and_leavers():
    aliases = {user.alias for user in USERS}
    assert len(aliases) == len(USERS) >= 40
    assert {user.manager for user in USERS} - {""} <= aliases
    assert len({user.zone for user in USERS}) > 15
    assert sum(not user.is_active for user in USERS) >= 3
