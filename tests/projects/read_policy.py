"""The policies of a project, read plainly into the words of the model.

Belongs here: what the settings mean for the router: pools, members, targets, limits, tokens. Does not belong here:
which items they are about (``read_items``), and people (``read_people``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from rr_pipeline.core.model import (
    FAR_FUTURE_US,
    FAR_PAST_US,
    NO_LIMIT,
    Limits,
    Member,
    Pause,
    Policy,
    Pool,
    Step,
    Target,
    Token,
    UserLimits,
    Vacation,
    WaitStep,
)
from tests.projects.read_people import People
from tests.projects.read_time import length_us, moment_us, schedule_of
from tests.projects.tree import Project

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
Tree = Mapping[str, Any]


def version_starts(project: Project) -> list[int]:
    """When each version begins; the first holds for all that is older, too."""
    starts = [moment_us(policy["effective_from"], project.zone) for policy in project.policies]
    return [FAR_PAST_US, *starts[1:]]


def policies_of(project: Project, people: People) -> list[Policy]:
    """The versions, cut wherever somebody may have moved."""
    starts = version_starts(project)
    edges = sorted({*starts, *people.moves()})
    found = []
    hands_over = any(feed.table == "users" for feed in project.feeds)
    for begin, end in zip(edges, [*edges[1:], FAR_FUTURE_US], strict=True):
        number = max(place for place, start in enumerate(starts) if start <= begin)
        policy = project.policies[number]
        pools = [_pool(name, pool, policy, people, begin) for name, pool in policy["pools"].items()]
        owners = [
            Pool(f"{name}:default_owner", (_default_owner(pool["default_owner"], policy, people, begin),))
            for name, pool in policy["pools"].items()
            if "default_owner" in pool
        ]
        earlier = {name for place, start in enumerate(starts) if start <= begin
                   for name, pool in project.policies[place]["pools"].items() if "default_owner" in pool}  # fmt: skip
        owners += [
            Pool(f"{name}:default_owner", (), then="failover", failover=name, is_over=True)
            for name, pool in policy["pools"].items()
            if name in earlier and "default_owner" not in pool
        ]
        users = _users(project, number, people, begin)
        found.append(Policy(policy["version"], begin, end, (*pools, *owners), users, hands_over))
    return found


def _pool(name: str, pool: Tree, policy: Tree, people: People, at: int) -> Pool:
    def way(kind: str) -> str:
        return "failover" if kind == "default_owner" else kind

    targets = pool.get("sla", ())
    return Pool(
        name,
        tuple(_member(member, pool, policy, people, at) for member in pool["members"]),
        accrue_while=frozenset(pool.get("accrue_while", ["skill_missing"])),
        debt_limit=pool.get("debt_limit", 5),
        catch_up_limit=pool.get("catch_up_limit", 2),
        charge_redo=pool.get("charge_redo", False),
        week_start=WEEK.index(pool.get("week_start", "monday")),
        strategy=pool.get("strategy", "fair"),
        when_nobody=way(pool.get("when_nobody", "hold")),
        failover=f"{name}:default_owner" if "default_owner" in pool else pool.get("failover"),
        queue=pool.get("queue"),
        hold_for_us=length_us(pool["hold_for"]) if "hold_for" in pool else None,
        then=way(pool["then"]) if "then" in pool else None,
        while_waiting=tuple(_entry(name, one) for one in pool.get("while_waiting", ())),
        targets=tuple(_target(name, one) for one in ([targets] if isinstance(targets, dict) else targets)),
        activity_delay_us=length_us(pool.get("activity_delay", "")),
        max_reassignments=pool.get("max_reassignments", 3),
        charge_back=pool.get("charge_back", False),
        declines=pool.get("declines", False),
        redo_on_return=pool.get("redo_on_return", False),
        count_kept=pool.get("count_kept", False),
        sticky_us=length_us(pool.get("sticky_for", "")),
        capacity_until=pool.get("capacity_until", "closed"),
        limits_survivors=policy.get("ownership", {}).get("survivor_within_limits", True),
    )


def _entry(name: str, entry: Tree) -> WaitStep:
    """What is done about items that wait; a default owner is a pool of their own."""
    to = {"default_owner": f"{name}:default_owner", "failover": entry.get("pool"), "queue": entry.get("queue")}
    do = entry.get("do", "drop")
    skills = tuple(sorted(skill.lower() for skill in entry.get("drop", ())))
    return WaitStep(length_us(entry["after"]), "failover" if do == "default_owner" else do, skills, to.get(do))


def _member(member: Tree, pool: Tree, policy: Tree, people: People, at: int) -> Member:
    zone = people.zone(member["user"], member.get("time_zone"), at)
    away = member.get("vacations", ())
    return Member(
        member["user"],
        member.get("weight", 1),
        frozenset(skill.lower() for skill in member.get("skills", ())),
        zone,
        moment_us(member["from"], zone) if "from" in member else FAR_PAST_US,
        moment_us(member["until"], zone, is_end=True) if "until" in member else FAR_FUTURE_US,
        member.get("status", "active") == "active",
        _limits({**pool.get("limits", {}), **member.get("limits", {})}),
        tuple(Vacation(moment_us(one["from"], zone), moment_us(one["until"], zone, is_end=True)) for one in away),
        schedule_of(policy.get("calendars", {}), pool, member),
        member.get("max_open", pool.get("max_open", NO_LIMIT)),
    )


def _default_owner(user: str, policy: Tree, people: People, at: int) -> Member:
    skills = frozenset(skill.lower() for skill in policy.get("skills", ()))
    return Member(user, skills=skills, time_zone=people.zone(user, None, at))


def _limits(limits: Tree) -> Limits:
    return Limits(*(limits.get(name, NO_LIMIT) for name in ("hourly", "daily", "weekly", "total")))


def _users(project: Project, number: int, people: People, at: int) -> tuple[UserLimits, ...]:
    """Limits over all pools; who has some in another version is counted now too, by the days that one says."""
    found = {user["user"]: _user(user, people, at) for user in project.policies[number].get("users", ())}
    for policy in [*project.policies[number + 1 :], *reversed(project.policies[:number])]:
        for user in policy.get("users", ()):
            found.setdefault(user["user"], replace(_user(user, people, at), limits=Limits(), max_open=NO_LIMIT))
    return tuple(found.values())


def _user(user: Tree, people: People, at: int) -> UserLimits:
    return UserLimits(
        user["user"],
        _limits(user.get("limits", {})),
        user.get("max_open", NO_LIMIT),
        people.zone(user["user"], user.get("time_zone"), at),
        WEEK.index(user.get("week_start", "monday")),
    )


def _target(pool: str, target: Tree) -> Target:
    steps = target.get("on_breach", ["notify_manager"])
    return Target(
        f"{pool}/{target.get('name', 'first_touch')}",
        length_us(target["first_touch_within"]),
        target.get("clock", "calendar"),
        tuple(_step(step) for step in steps),
        "when" not in target,
    )


def pauses_of(project: Project) -> list[Pause]:
    """Pauses, each until it ends by itself or a later line resumes the same."""
    found: list[Pause] = []
    for line in project.tokens:
        start = moment_us(line["from"], project.zone) if line.get("from") else FAR_PAST_US
        end = moment_us(line["expires"], project.zone) if line.get("expires") else FAR_FUTURE_US
        if line["kind"] == "pause":
            found.append(Pause(line["pool_id"] or None, line["member_id"] or None, start, end))
        elif line["kind"] == "resume":
            what = line["pool_id"] or None, line["member_id"] or None
            found = [
                replace(one, until_us=min(one.until_us, start)) if (one.pool_id, one.member_id) == what else one
                for one in found
            ]
    return found


def _step(step: Tree | str) -> Step:
    """Steps by name, a queue as a block, or with when and where to."""
    rule = {"do": step} if isinstance(step, str) else {"do": "queue", **step}
    at = rule.get("at", "0s")
    after = -length_us(at[1:]) if at.startswith("-") else length_us(at)
    return Step(rule["do"], after, rule.get("queue") or rule.get("pool"), rule.get("level", 1))


def tokens_of(project: Project) -> list[Token]:
    """Tokens in the order of their lines."""
    found = []
    for token in (one for one in project.tokens if one["kind"] in {"skip", "redo"}):
        start, end = token.get("from"), token.get("expires")
        found.append(
            Token(
                token["token_id"],
                token["pool_id"],
                token["member_id"],
                token["kind"],
                token["skill"].lower() if token.get("skill") else None,
                moment_us(start, project.zone) if start else FAR_PAST_US,
                moment_us(end, project.zone) if end else None,
            )
        )
    return found
