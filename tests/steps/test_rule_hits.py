"""Which targets apply to an item and who comes first for it, as SQL over due items."""

from __future__ import annotations

import duckdb
import pytest

from rr_pipeline.config import load_project
from rr_pipeline.routing.policy_conditions import apply_rules, conditional_targets

POLICY = """\
version: "1"
effective_from: 2026-01-01
skills: [French, senior]
pools:
  a:
    sla:
      - {name: vip, when: {tier: [gold]}, first_touch_within: 15m}
      - {name: web, when: {source_channel: [web], tier: {not: [none]}}, first_touch_within: 30m}
      - {first_touch_within: 1h}
    members: [{user: ann, skills: [French]}, {user: "o'neil"}]
  b:
    sla: {name: vip, when: {tier: [gold, silver]}, first_touch_within: 5m}
    members: [{user: ann}]
territories: [{name: t, pool: a, when: {country: [NO]}}]
catch_all: b
preferences:
  - {name: gold, when: {tier: [gold]}, prefer: {users: ["o'neil", ann]}}
  - {name: fr, when: {campaign: [fr]}, prefer: {skills: [senior, French]}}
"""
ITEMS = [
    (1, "Gold", "web", None),
    (2, "silver", "WEB", "fr"),
    (3, "none", "web", "FR"),
    (4, None, None, None),
    (5, "gold", None, "fr"),
]


@pytest.fixture
def project(tmp_path):
    (tmp_path / "policies").mkdir()
    (tmp_path / "project.yaml").write_text("name: acme\n")
    (tmp_path / "policies" / "1.yaml").write_text(POLICY)
    return load_project(tmp_path, {})


class GivenSession:
    """As much of a run as the rules read."""

    def __init__(self, con, project):
        self.con, self.project = con, project


@pytest.fixture
def con():
    with duckdb.connect() as connection:
        connection.execute(
            "create temp table int_due_items (item_seq bigint, policy_no integer, tier varchar, "
            "source_channel varchar, campaign varchar, country varchar, country_code varchar, needed_skills varchar[])"
        )
        connection.execute("create temp table int_item_contexts (item_seq bigint)")
        for item in ITEMS:
            connection.execute("insert into int_due_items values (?, 1, ?, ?, ?, 'NO', null, null)", item)
            connection.execute("insert into int_item_contexts values (?)", item[:1])
        yield connection


def test_targets_of_all_pools_and_the_first_preference_that_holds(con, project):
    apply_rules(GivenSession(con, project))
    found = con.execute("select targets, prefers, wishes from int_rule_hits order by item_seq").fetchall()
    users, skills = ["ann", "o'neil"], ["french", "senior"]
    assert found == [
        (["a/vip", "a/web", "b/vip"], users, []),
        (["a/web", "b/vip"], [], skills),
        ([], [], skills),
        ([], [], []),
        (["a/vip", "b/vip"], users, []),
    ]


def test_a_policy_without_them_says_nothing(con, project, tmp_path):
    kept = [line for line in POLICY.splitlines() if "name:" not in line or "territories" in line]
    (tmp_path / "policies" / "1.yaml").write_text("\n".join(kept).replace("preferences:", ""))
    plain = load_project(tmp_path, {})
    assert conditional_targets(plain.policies[0]) == []
    apply_rules(GivenSession(con, plain))
    assert con.execute("select distinct targets, prefers, wishes, pool_id from int_rule_hits").fetchall() == [
        ([], [], [], "a")
    ]


def test_names_of_targets_are_those_of_the_router(project):
    assert [name for name, _ in conditional_targets(project.policies[0])] == ["a/vip", "a/web", "b/vip"]
