"""Pools as they are in force: default owners, targets, bounds of open items, users over all pools."""

from __future__ import annotations

from rr_pipeline.config import Limits, check_members

FULL = """\
version: "1"
effective_from: 2026-01-01
skills: [french]
queues: [review]
users: [{user: bob, max_open: 9}, {user: ann, limits: {daily: 5}}]
pools:
  emea:
    hold_for: 4h
    then: default_owner
    default_owner: boss
    max_open: 5
    sticky_for: 30d
    sla:
      - {name: vip, when: {tier: [a]}, first_touch_within: 90s, on_breach: [reassign, {queue: review}]}
      - {first_touch_within: 1d2h, clock: working}
    members: [{user: ann}, {user: bob, max_open: 7}]
catch_all: emea
"""


def test_a_default_owner_is_a_failover_to_a_pool_of_one(folder):
    folder.write("policies/1.yaml", FULL)
    pools = folder.load().policies[0].pools
    assert [pool.pool_id for pool in pools] == ["emea", "emea:default_owner"]
    first, last = pools
    assert (first.when_nobody, first.hold_for, first.then, first.failover) == (
        "hold",
        4 * 3600,
        "failover",
        "emea:default_owner",
    )
    assert not first.is_default_owner
    assert last.is_default_owner
    assert [(member.user, member.weight, member.skills) for member in last.members] == [("boss", 1, ("french",))]
    assert (last.when_nobody, last.sla, last.limits_of(last.members[0])) == ("hold", (), Limits())


def test_a_later_version_without_a_default_owner_sends_back_what_waits_for_the_earlier_one(folder):
    folder.write("policies/1.yaml", FULL)
    without = FULL.replace("    hold_for: 4h\n    then: default_owner\n    default_owner: boss\n", "")
    folder.write("policies/2.yaml", without.replace('"1"', '"2"').replace("2026-01-01", "2026-02-01"))
    other = without.replace('"1"', '"3"').replace("2026-01-01", "2026-03-01").replace("emea", "west")
    folder.write("policies/3.yaml", other)
    _, later, last = folder.load().policies
    assert [pool.pool_id for pool in later.pools] == ["emea", "emea:default_owner"]
    over = later.pools[1]
    assert (over.members, over.then, over.failover, over.is_over) == ((), "failover", "emea", True)
    assert [pool.pool_id for pool in last.pools] == ["west"]
    (folder.path / "policies" / "1.yaml").unlink()
    alone = folder.load().policies[0]
    assert [pool.pool_id for pool in alone.pools] == ["emea"]
    assert alone.content_hash == later.content_hash


def test_an_unknown_default_owner_is_said_where_it_is_written(folder):
    folder.write("policies/1.yaml", FULL)
    (problem,) = check_members(folder.load(), ["ann", "bob"])
    assert (problem.field, problem.row, problem.code) == ("pools.emea.default_owner", 10, "MEMBER_UNKNOWN")


def test_users_over_all_pools_are_in_no_order(folder):
    folder.write("policies/1.yaml", FULL)
    version = folder.load().policies[0]
    assert [(user.user, user.max_open, user.limits.daily) for user in version.users] == [
        ("ann", None, 5),
        ("bob", 9, None),
    ]
    swapped = FULL.replace(
        "{user: bob, max_open: 9}, {user: ann, limits: {daily: 5}}",
        "{user: ann, limits: {daily: 5}}, {user: bob, max_open: 9}",
    )
    folder.write("policies/1.yaml", swapped)
    assert folder.load().policies[0].content_hash == version.content_hash


def test_most_open_items_of_a_member_go_before_those_of_its_pool(folder):
    folder.write("policies/1.yaml", FULL)
    pool = folder.load().policies[0].pool("emea")
    assert [pool.max_open_of(member) for member in pool.members] == [5, 7]


def test_targets_are_a_list_or_one_block(folder):
    folder.write("policies/1.yaml", FULL)
    vip, usual = folder.load().policies[0].pool("emea").sla
    assert (vip.name, vip.first_touch_within, vip.clock, vip.on_breach) == (
        "vip",
        90,
        "calendar",
        ("reassign", "queue:review"),
    )
    assert (usual.name, usual.first_touch_within, usual.clock, usual.when) == (
        "first_touch",
        26 * 3600,
        "working",
        None,
    )
    assert usual.on_breach == ("notify_manager",)
    hashes = set()
    for sla in ("{first_touch_within: 15m}", "[{first_touch_within: 15m, name: first_touch}]"):
        folder.policy(("  spare:", f"  spare:\n    sla: {sla}"))
        hashes.add(folder.load().policies[0].content_hash)
    assert len(hashes) == 1


def test_the_order_of_targets_counts(folder):
    hashes = set()
    for one, other in (("a", "b"), ("b", "a")):
        rules = ", ".join(
            f"{{name: {name}, when: {{tier: [{name}]}}, first_touch_within: 15m}}" for name in (one, other)
        )
        folder.policy(("  spare:", f"  spare:\n    sla: [{rules}]"))
        hashes.add(folder.load().policies[0].content_hash)
    assert len(hashes) == 2


def test_words_of_activities_are_compared_as_conditions_are(folder):
    folder.policy(("catch_all: spare", "catch_all: spare\nclosing: {statuses: [Closed Won, LOST, lost]}"))
    version = folder.load().policies[0]
    assert version.closing.statuses == ("closed won", "lost")
    assert "closed" in version.closing.outcomes
    assert version.returns.outcomes == ("duplicate", "out_of_territory", "spam")
