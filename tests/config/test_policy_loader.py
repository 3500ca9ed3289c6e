from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from rr_pipeline.config import Limits, check_members, policy_in_force
from rr_pipeline.errors import RefusedError

POLICY = """\
version: "{version}"
effective_from: {begins}
{rest}pools: {{all: {{members: [{{user: ann}}]}}}}
catch_all: all
"""


def write(folder, file, version, begins, rest=""):
    folder.write(f"policies/{file}.yaml", POLICY.format(version=version, begins=begins, rest=rest))


def test_versions_go_by_their_instant_not_by_the_name_of_the_file(folder):
    write(folder, "1", "late", "2026-03-01")
    write(folder, "2", "early", "2026-01-01")
    assert [version.version for version in folder.load().policies] == ["early", "late"]


@pytest.mark.parametrize(
    ("begins", "instant"),
    [
        ("2026-01-01", "2025-12-31T23:00:00+00:00"),
        ("2026-07-01T08:00", "2026-07-01T06:00:00+00:00"),
        ("2026-07-01T08:00:00Z", "2026-07-01T08:00:00+00:00"),
        ("2026-07-01T08:00:00-05:00", "2026-07-01T13:00:00+00:00"),
    ],
)
def test_dates_and_times_without_a_zone_are_the_projects(folder, begins, instant):
    write(folder, "1", "1", begins)
    assert folder.load().policies[0].effective_from.isoformat() == instant


def test_each_version_is_in_force_until_the_next(folder):
    write(folder, "1", "one", "2026-01-01T00:00:00Z")
    write(folder, "2", "two", "2026-02-01T00:00:00Z")
    project = folder.load()
    change = datetime(2026, 2, 1, tzinfo=UTC)
    assert policy_in_force(project, change - timedelta(microseconds=1)).version == "one"
    assert policy_in_force(project, change).version == "two"
    assert policy_in_force(project, datetime(2090, 1, 1, tzinfo=UTC)).version == "two"
    assert policy_in_force(project, datetime(2026, 1, 1, tzinfo=UTC)).version == "one"


def test_before_the_first_version_nothing_is_in_force(folder):
    write(folder, "1", "one", "2026-01-01T00:00:00Z")
    with pytest.raises(RefusedError) as caught:
        policy_in_force(folder.load(), datetime(2025, 12, 31, tzinfo=UTC))
    (problem,) = caught.value.problems
    assert (problem.file, problem.row, problem.code) == ("policies/1.yaml", 2, "POLICY_GAP")
    with pytest.raises(ValueError, match="time zone"):
        policy_in_force(folder.load(), datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (("1", "2026-01-01", ""), ("1", "2026-02-01", ""), ("policies/2.yaml", 1, "VERSION_REPEATED")),
        (("a", "2026-01-01", ""), ("A", "2026-02-01", ""), ("policies/2.yaml", 1, "VERSION_REPEATED")),
        (("1", "2026-01-01", ""), ("2", "2025-12-31T23:00Z", ""), ("policies/2.yaml", 2, "POLICY_OVERLAP")),
        (
            ("1", "2026-01-01", "effective_until: 2026-01-31\n"),
            ("2", "2026-02-01", ""),
            ("policies/1.yaml", 3, "POLICY_GAP"),
        ),
        (
            ("1", "2026-01-01", "effective_until: 2026-02-02\n"),
            ("2", "2026-02-01", ""),
            ("policies/1.yaml", 3, "POLICY_OVERLAP"),
        ),
        (
            ("1", "2026-01-01", ""),
            ("2", "2026-02-01", "effective_until: 2026-03-01\n"),
            ("policies/2.yaml", 3, "POLICY_GAP"),
        ),
    ],
)
def test_versions_that_do_not_follow_one_another(folder, first, second, problem):
    write(folder, "1", *first)
    write(folder, "2", *second)
    found = folder.only()
    assert (found.file, found.row, found.code) == problem


def test_one_id_with_other_content_says_so(folder):
    write(folder, "1", "1", "2026-01-01")
    write(folder, "2", "1", "2026-02-01")
    assert "with other content" in folder.only().message


def test_an_end_that_says_what_follows_is_fine(folder):
    write(folder, "1", "1", "2026-01-01", "effective_until: 2026-02-01\n")
    write(folder, "2", "2", "2026-02-01")
    assert len(folder.load().policies) == 2


def test_no_policy_and_overlooked_names(folder):
    (folder.path / "policies/1.yaml").rename(folder.path / "policies/1.yml")
    (folder.path / "policies/.hidden.yaml").write_text("not: read")
    assert [(problem.file, problem.code) for problem in folder.problems()] == [
        ("policies/", "POLICY_MISSING"),
        ("policies/1.yml", "FILE_NAME"),
    ]


def content_hash(folder, *changes):
    folder.policy(*changes)
    return folder.load().policies[0].content_hash


def test_the_hash_is_that_of_the_meaning(folder):
    original = content_hash(folder)
    assert original == "bd95530f07f5d0616f1bf210d641d26797fa97a52e9c38b2ad4dea87858041d5"
    same = [
        [("catch_all", "# a comment\ncatch_all")],
        [("[NO, SE]", "[SE, 'NO', no]")],
        [("[french, german]", "[german, french]")],
        [("- user: bob", "- {user: bob, weight: 1, status: active, limits: {}}")],
        [("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00")],
        [('"1"', "1")],
        [("  spare:", "  spare:\n    when_nobody: hold\n    strategy: fair\n    max_reassignments: 3\n    sla: []")],
        [
            (
                "catch_all: spare",
                "catch_all: spare\nreturns: {outcomes: [Spam, out_of_territory, duplicate]}\nqueues: []",
            )
        ],
    ]
    for changes in same:
        assert content_hash(folder, *changes) == original, changes
    project = folder.path / "project.yaml"
    project.write_text(project.read_text().replace("Europe/Oslo", "Asia/Tokyo"))
    assert content_hash(folder) != original


@pytest.mark.parametrize(
    "changes",
    [
        [("weight: 2", "weight: 3")],
        [("user: bob", "user: bo")],
        [("[NO, SE]", "[NO]")],
        [("[NO, SE]}}", "[NO, SE]}, priority: 5}")],
        [('"1"', '"2"')],
        [("2026-01-01T00", "2026-01-01T01")],
        [("- user: bob", "- {user: bob, vacations: [{from: 2026-01-01, until: 2026-01-02}]}")],
        [("- user: bob", "- {user: bob, hours: {mon-fri: [09:00-17:00]}}")],
        [("  spare:", "  spare:\n    sla: {first_touch_within: 15m}")],
        [("catch_all: spare", "catch_all: spare\ntouches: {kinds: [call]}")],
    ],
)
def test_another_meaning_has_another_hash(folder, changes):
    assert content_hash(folder) != content_hash(folder, *changes)


def test_the_roster_order_counts(folder):
    swapped = [("user: ann", "user: zed"), ("user: bob", "user: ann"), ("user: zed", "user: bob")]
    assert content_hash(folder) != content_hash(folder, *swapped)


def test_limits_of_a_member_go_before_those_of_its_pool(folder):
    folder.policy(
        ("  spare:", "  spare:\n    limits: {hourly: 5, daily: 20}"),
        ("- user: cid", "- {user: cid, limits: {daily: 8, total: 0}}"),
    )
    pool = folder.load().policies[0].pool("spare")
    assert pool.limits_of(pool.members[0]) == Limits(hourly=5, daily=8, total=0)
    assert pool.week_start_day == 0


def test_territories_are_in_the_order_in_which_they_are_tried(folder):
    rules = "".join(
        f"  - {{name: t{number}, pool: emea, when: {{state: [s{number}]}}{priority}}}\n"
        for number, priority in enumerate(("", ", priority: -5", ", priority: 100", ", priority: 99"))
    )
    folder.policy(("  - {name: nordics, pool: emea, when: {country: [NO, SE]}}\n", rules))
    assert [rule.name for rule in folder.load().policies[0].territories] == ["t1", "t3", "t0", "t2"]


def test_nothing_can_be_changed_after_loading(folder):
    project = folder.load()
    with pytest.raises(ValidationError):
        project.policies[0].pools[0].members[0].weight = 5
    with pytest.raises(ValidationError):
        project.sources = ()


def test_members_that_the_users_feed_does_not_name(folder):
    folder.policy(("- user: cid", "- user: anna"))
    (first, second) = check_members(folder.load(), ["ann", "bobby"])
    assert (first.file, first.row, first.field, first.code) == (
        "policies/1.yaml",
        10,
        "pools.emea.members[1].user",
        "MEMBER_UNKNOWN",
    )
    assert "'bobby'" in first.message
    assert (second.row, second.field) == (13, "pools.spare.members[0].user")
    assert check_members(folder.load(), ["ann", "bob", "anna"]) == ()
