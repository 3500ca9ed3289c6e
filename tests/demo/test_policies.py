"""The policies and tokens of the demo: two versions that differ as they say, sized by the arrivals."""

from __future__ import annotations

import csv
from datetime import UTC, datetime

import pytest

from rr_pipeline.config import load_project
from rr_pipeline.demo import write_demo
from rr_pipeline.demo.team import USERS
from rr_pipeline.demo.timing import PERIOD_END, Period


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
