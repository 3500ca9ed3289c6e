"""Each way a policy can be wrong, with its code, its place, and a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

OVERLAP = "[{from: 2026-01-01, until: 2026-01-05}, {from: 2026-01-03, until: 2026-01-09}]"
CASES = yaml.safe_load((Path(__file__).parent / "refused_policies.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_what_is_refused(folder, case):
    folder.policy(*case["change"].items())
    problems = folder.problems()
    found = [problem for problem in problems if (problem.code, problem.field) == (case["code"], case["field"])]
    assert len(found) == 1, problems
    assert found[0].file == "policies/1.yaml"
    assert found[0].row == case["line"]
    assert case.get("says", "") in found[0].message
    # One mistake makes one problem; only a misspelt name of what must be there is unknown and missing at once.
    assert {problem.code for problem in problems if problem != found[0]} <= {"KEY_MISSING"}
    assert len(problems) == 1 or case["code"] == "KEY_UNKNOWN"


def test_no_pool_at_all(folder):
    folder.write("policies/1.yaml", 'version: "1"\neffective_from: 2026-01-01\npools: {}\ncatch_all: x\n')
    assert [problem.code for problem in folder.problems()] == ["POOLS_MISSING", "POOL_UNKNOWN"]


def test_the_sample_has_neither_problems_nor_warnings(folder):
    assert folder.load().warnings == ()


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ([("- user: cid", "- {user: cid, limits: {hourly: 9, daily: 5}}")], "LIMIT_UNREACHABLE",
         "pools.spare.members[0].limits.hourly"),
        ([("  spare:", "  spare:\n    limits: {daily: 9, total: 5}")], "LIMIT_UNREACHABLE", "pools.spare.limits.daily"),
        ([("  spare:", "  spare:\n    limits: {hourly: 9}"), ("- user: cid", "- {user: cid, limits: {daily: 5}}")],
         "LIMIT_UNREACHABLE", "pools.spare.members[0].limits.hourly"),
        ([("catch_all: spare", "catch_all: emea")], "POOL_UNUSED", "pools.spare"),
        ([("[NO, SE]}}", "[NO, SE]}, needs: [french, german]}")], "SKILL_UNCOVERED", "territories[0].needs"),
        ([("- user: cid", f"- {{user: cid, vacations: {OVERLAP}}}")], "VACATION_OVERLAP",
         "pools.spare.members[0].vacations"),
        ([("- user: cid", "- {user: cid, from: 2026-01-03, until: 2026-01-04, hours: {mon-fri: [09:00-17:00]}}")],
         "MEMBER_NEVER_WORKS", "pools.spare.members[0]"),
        ([("- user: cid", "- {user: cid, from: 2026-12-25, until: 2026-12-26, holidays: [NO]}")],
         "MEMBER_NEVER_WORKS", "pools.spare.members[0]"),
        ([("pools:", "calendars: {oslo: {holidays: [NO]}}\npools:")], "CALENDAR_UNUSED", "calendars.oslo"),
        ([("  spare:", "  spare:\n    holidays: [IN]"), ("2026-01-01T00:00:00Z", "2036-01-01")],
         "HOLIDAYS_UNSURE", "pools.spare.holidays"),
        ([("catch_all: spare", "catch_all: spare\nusers: [{user: cid, limits: {hourly: 9, daily: 5}}]")],
         "LIMIT_UNREACHABLE", "users[0].limits.hourly"),
    ],
)  # fmt: skip
def test_what_is_only_warned_of(folder, changes, code, field):
    folder.policy(*changes)
    (warning,) = folder.load().warnings
    assert (warning.code, warning.field) == (code, field)
    assert warning.row is not None


def test_vacations_that_touch_are_merged(folder):
    vacations = (
        "[{from: 2026-03-02, until: 2026-03-03}, {from: 2026-01-05, until: 2026-01-09},"
        " {from: 2026-01-01, until: 2026-01-05},"
        " {from: 2026-01-10, until: 2026-01-11}, {from: 2026-01-13, until: 2026-01-13},"
        " {from: 2026-05-01T10:00Z, until: 2026-05-01T12:00Z}, {from: 2026-05-01T12:00Z, until: 2026-05-01T13:00Z}]"
    )
    folder.policy(("- user: cid", f"- {{user: cid, vacations: {vacations}}}"))
    merged = folder.load().policies[0].pool("spare").members[0].vacations
    assert [(str(one.from_)[:16], str(one.until)[:16]) for one in merged] == [
        ("2026-01-01", "2026-01-11"),
        ("2026-01-13", "2026-01-13"),
        ("2026-03-02", "2026-03-03"),
        ("2026-05-01 10:00", "2026-05-01 13:00"),
    ]


@pytest.mark.parametrize(
    ("first", "second", "overlap"),
    [
        ("country: [NO]", "country: [SE]", False),
        ("country: [NO]", "country: [no]", True),
        ("country: [NO]", "state: [X]", True),
        ("country: [NO]", "country: {not: [NO]}", False),
        ("country: [NO, SE]", "country: {not: [NO]}", True),
        ("country: [NO]", "country: {is_empty: true}", False),
        ("country: {not: [NO]}", "country: {is_empty: true}", True),
        ("country: {is_empty: false}", "country: {is_empty: true}", False),
        ("employee_count: {max: 50}", "employee_count: {min: 51}", False),
        ("employee_count: {max: 50}", "employee_count: {min: 50}", True),
        ("employee_count: {min: 5}", "employee_count: [4]", False),
        ("employee_count: [5.0]", "employee_count: [5]", True),
        ("employee_count: {min: 5}", "employee_count: {is_empty: true}", False),
        ("postal_code: {starts_with: ['0', '1']}", "postal_code: {starts_with: ['2']}", False),
        ("postal_code: {starts_with: ['0']}", "postal_code: {starts_with: ['01']}", True),
        ("postal_code: {starts_with: ['0']}", "postal_code: ['123']", False),
        ("needed_skills: [french]", "needed_skills: [german]", True),
        ("country: [STRASSE]", "country: [straße]", True),
    ],
)
def test_territories_of_one_priority_must_exclude_each_other(folder, first, second, overlap):
    rules = "\n".join(
        f"  - {{name: t{number}, pool: emea, when: {{{when}}}, priority: 10}}"
        for number, when in enumerate((first, second))
    )
    folder.policy(("  - {name: nordics, pool: emea, when: {country: [NO, SE]}}", rules))
    if not overlap:
        assert folder.load().policies
        return
    problem = folder.only()
    assert (problem.code, problem.field, problem.row) == ("TERRITORY_OVERLAP", "territories[1].priority", 16)
    assert "'t0'" in problem.message


def test_territories_without_a_priority_go_by_their_place(folder):
    folder.policy(("catch_all", "  - {name: more, pool: emea, when: {country: [NO]}}\ncatch_all"))
    assert [rule.name for rule in folder.load().policies[0].territories] == ["nordics", "more"]


def test_norway_stays_norway_and_a_time_stays_text(folder):
    folder.policy(("[NO, SE]", "[NO, no, SE, 17:30]"))
    when = folder.load().policies[0].territories[0].when
    assert when["country"].any_of == ("17:30", "NO", "SE")


def test_who_works_on_one_day_of_its_membership_works(folder):
    folder.policy(
        ("- user: cid", "- {user: cid, from: 2026-01-02, until: 2026-01-04, hours: {fri: [22:00-06:00 overnight]}}"),
        ("- user: bob", "- {user: bob, from: 2026-01-04, until: 2026-01-05T09:00Z, hours: {mon: [09:00-17:00]}}"),
    )
    assert folder.load().warnings == ()


def test_a_pool_that_failovers_lead_to_is_used(folder):
    folder.policy(
        ("catch_all: spare", "catch_all: emea"),
        ("  emea:", "  emea:\n    hold_for: 1h30m\n    then: failover\n    failover: spare"),
    )
    project = folder.load()
    assert project.warnings == ()
    assert project.policies[0].pool("emea").hold_for == 5400


CHAIN = "".join(
    f"  p{number}: {{when_nobody: failover, failover: p{number + 1}, members: [{{user: u{number}}}]}}\n"
    for number in range(10)
)


@pytest.mark.parametrize(
    ("last", "is_refused"),
    [("members: [{user: z}]", False), ("when_nobody: default_owner, default_owner: y, members: [{user: z}]", True)],
)
def test_a_chain_of_failovers_has_at_most_ten_steps(folder, last, is_refused):
    folder.policy(("pools:\n", f"pools:\n{CHAIN}  p10: {{{last}}}\n"), ("catch_all: spare", "catch_all: p0"))
    if not is_refused:
        assert [warning.code for warning in folder.load().warnings] == ["POOL_UNUSED"]
        return
    problem = folder.only()
    assert (problem.code, problem.field) == ("FAILOVER_DEPTH", "pools.p0.failover")
    assert "p0 -> p1" in problem.message


def test_one_circle_is_said_once_and_pools_that_lead_into_it_are_not_blamed(folder):
    circle = (
        "  a: {when_nobody: failover, failover: b, members: [{user: u}]}\n"
        "  b: {when_nobody: failover, failover: c, members: [{user: u}]}\n"
        "  c: {when_nobody: failover, failover: b, members: [{user: u}]}\n"
    )
    folder.policy(("pools:\n", f"pools:\n{circle}"), ("catch_all: spare", "catch_all: a"))
    problem = folder.only()
    assert (problem.field, problem.code) == ("pools.b.failover", "FAILOVER_CYCLE")
    assert "b -> c -> b" in problem.message


@pytest.mark.parametrize(
    ("settings", "is_warned"),
    [
        ("debt_limit: 5", True),
        ("when_nobody: failover, failover: spare", True),
        ("when_nobody: queue, queue: review", False),
        ("hold_for: 1h, then: default_owner, default_owner: boss", False),
    ],
)
def test_items_that_nobody_has_the_skills_for_may_go_on(folder, settings, is_warned):
    folder.policy(
        ("skills: [french, german]", "skills: [french, german]\nqueues: [review]"),
        ("  emea:\n", "  emea:\n" + "".join(f"    {setting}\n" for setting in settings.split(", "))),
        ("[NO, SE]}}", "[NO, SE]}, needs: [french, german]}"),
    )
    assert [warning.code for warning in folder.load().warnings] == ["SKILL_UNCOVERED"] * is_warned
