"""Rules across the settings of a policy: what each value may be given the others.

Belongs here: every check between sections of a file, with its code. Does not belong here: checks inside one pool
(pool_checks.py) and along failovers (flow_checks.py), how one value is written (text_types.py), users known only at run
time (project.check_members).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from rr_pipeline.config.findings import Finding, check_distinct, check_when, unknown_name, unknown_skill
from rr_pipeline.config.flow_checks import check_flow, failovers, has_last
from rr_pipeline.config.hours import Calendar, doubtful_years
from rr_pipeline.config.overlap import overlaps
from rr_pipeline.config.policy import PolicyFile
from rr_pipeline.config.pool_checks import check_limits, check_pool, check_targets
from rr_pipeline.config.pools import UserSettings, WorkSettings
from rr_pipeline.config.waiting_checks import left_waiting
from rr_pipeline.config.yaml_reader import Path

_RULES = ("territories", "skill_rules", "preferences", "qualification")
SURE_YEARS = 2
_SOMEBODY = "a member of any pool of this version"


def check_policy(policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything that is wrong or odd in one policy file, read on its own."""
    yield from _check_names(policy)
    for pool_id, pool in policy.pools.items():
        yield from check_pool(("pools", pool_id), pool, policy)
    yield from check_targets(("ownership", "sla"), policy.ownership.sla, policy)
    yield from check_flow(policy)
    yield from _check_targets(policy)
    yield from _check_calendars(policy)
    yield from _check_holidays(policy)
    yield from _check_users(policy)
    yield from _check_skills(policy)
    for section in _RULES:
        for position, rule in enumerate(getattr(policy, section)):
            yield from check_when((section, position, "when"), rule.when)
    yield from _check_overlap(policy)
    yield from _check_coverage(policy)


def _check_names(policy: PolicyFile) -> Iterator[Finding]:
    if not policy.pools:
        yield Finding(("pools",), "POOLS_MISSING", "holds no pool; describe at least one, with its members")
    yield from _check_capitals("pools", "pool", policy.pools)
    yield from _check_capitals("calendars", "calendar", policy.calendars)
    for section in _RULES:
        yield from check_distinct((section,), [rule.name for rule in getattr(policy, section)])


def _check_capitals(section: str, what: str, named: Mapping[str, object]) -> Iterator[Finding]:
    first_of: dict[str, str] = {}
    for name in named:
        other = first_of.setdefault(name.lower(), name)
        if other != name:
            message = f"differs from {what} '{other}' only in capitals; give it a name of its own"
            yield Finding((section, name), "NAME_REPEATED", message)


def _check_targets(policy: PolicyFile) -> Iterator[Finding]:
    targets = [(("territories", position, "pool"), rule.pool) for position, rule in enumerate(policy.territories)]
    for path, target in [*targets, (("catch_all",), policy.catch_all)]:
        if target not in policy.pools:
            yield unknown_name(path, "POOL_UNKNOWN", target, "a pool of this version", policy.pools)
    used = {target for _, target in targets} | {policy.catch_all} | set(failovers(policy.pools).values())
    for pool_id in policy.pools:
        if pool_id not in used:
            message = (
                "gets nothing: no territory, no failover and not catch_all names it; add a territory or remove the pool"
            )
            yield Finding(("pools", pool_id), "POOL_UNUSED", message, is_warning=True)


def _check_calendars(policy: PolicyFile) -> Iterator[Finding]:
    levels = [level for pool in policy.pools.values() for level in (pool, *pool.members)]
    for name in policy.calendars:
        if all(level.calendar != name for level in levels):
            message = "is used by no pool and no member; write 'calendar: NAME' there, or remove it"
            yield Finding(("calendars", name), "CALENDAR_UNUSED", message, is_warning=True)


def _check_holidays(policy: PolicyFile) -> Iterator[Finding]:
    """Warn of holiday calendars that do not reach as far as this version may."""
    years = range(policy.effective_from.year, policy.effective_from.year + SURE_YEARS)
    levels: list[tuple[Path, Calendar | WorkSettings]] = [
        (("calendars", name), calendar) for name, calendar in policy.calendars.items()
    ]
    for pool_id, pool in policy.pools.items():
        path: Path = ("pools", pool_id)
        levels += [(path, pool), *(((*path, "members", n), member) for n, member in enumerate(pool.members))]
    for path, level in levels:
        for name in level.holidays or ():
            if unsure := doubtful_years(name, years):
                listed = ", ".join(str(year) for year in unsure)
                message = f"{name} may lack holidays in {listed}: they are not all announced; add dates as they are"
                yield Finding((*path, "holidays"), "HOLIDAYS_UNSURE", message, is_warning=True)


def _check_users(policy: PolicyFile) -> Iterator[Finding]:
    """Refuse limits and preferences of users whom no pool could give anything."""
    members = {member.user for pool in policy.pools.values() for member in pool.members}
    known = members | {pool.default_owner for pool in policy.pools.values() if pool.default_owner is not None}
    first_at: dict[str, int] = {}
    for position, user in enumerate(policy.users):
        path = ("users", position)
        first = first_at.setdefault(user.user, position)
        if first != position:
            message = f"'{user.user}' is in this list already, as users[{first}]; keep one entry"
            yield Finding((*path, "user"), "MEMBER_REPEATED", message)
        # Who owns accounts need not be in a pool: only limits make no sense of those.
        if user.is_limited and user.user not in known:
            yield unknown_name((*path, "user"), "USER_UNKNOWN", user.user, _SOMEBODY, known)
        if not user.is_limited and user.deputy is None:
            message = "has neither limits nor max_open nor deputy; write one of them or remove the entry"
            yield Finding(path, "VALUE_MISSING", message)
        yield from _check_stand_ins(path, user)
        yield from check_limits((*path, "limits"), user.limits)
    for position, rule in enumerate(policy.preferences):
        for name in rule.prefer.users:
            if name not in known:
                place = ("preferences", position, "prefer", "users")
                yield unknown_name(place, "USER_UNKNOWN", name, _SOMEBODY, known)


def _check_stand_ins(path: Path, user: UserSettings) -> Iterator[Finding]:
    if user.deputy == user.user:
        yield Finding((*path, "deputy"), "USER_REPEATED", "is the user; name somebody else, or remove it")


def _check_skills(policy: PolicyFile) -> Iterator[Finding]:
    asked: list[tuple[Path, tuple[str, ...]]] = [
        ((section, position, "needs"), rule.needs)
        for section in ("territories", "skill_rules")
        for position, rule in enumerate(getattr(policy, section))
    ]
    asked += [
        (("preferences", position, "prefer", "skills"), rule.prefer.skills)
        for position, rule in enumerate(policy.preferences)
    ]
    for path, skills in asked:
        for skill in skills:
            if skill not in policy.skills:
                yield unknown_skill(path, skill, policy.skills)
    for position, rule in enumerate(policy.skill_rules):
        if not rule.needs:
            yield Finding(
                ("skill_rules", position, "needs"), "VALUE_MISSING", "names no skill; list one or remove the rule"
            )


def _check_coverage(policy: PolicyFile) -> Iterator[Finding]:
    """Warn of a territory whose items would wait for ever: nobody who could come by one has all the skills it needs."""
    edges = failovers(policy.pools)
    for position, rule in enumerate(policy.territories):
        chain = [rule.pool]
        while (following := edges.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        pools = [policy.pools[name] for name in chain if name in policy.pools]
        if not pools or not rule.needs or has_last(pools[-1], "queue", "default_owner"):
            continue
        needs, is_covered = frozenset(rule.needs), False
        for pool in pools:
            needs = left_waiting(needs, pool)
            is_covered = is_covered or any(needs <= set(member.skills) for member in pool.members)
        if is_covered:
            continue
        where = f"pool '{rule.pool}'" if len(chain) == 1 else f"the pools {' -> '.join(chain)}"
        message = f"nobody in {where} has {', '.join(rule.needs)} together; its items would wait for ever"
        yield Finding(("territories", position, "needs"), "SKILL_UNCOVERED", message, is_warning=True)


def _check_overlap(policy: PolicyFile) -> Iterator[Finding]:
    """Refuse two territories that were given one priority and could hold for the same item."""
    by_priority: dict[int, list[int]] = defaultdict(list)
    for position, rule in enumerate(policy.territories):
        if "priority" in rule.model_fields_set:
            by_priority[rule.priority].append(position)
    for positions in by_priority.values():
        for place, earlier in overlaps([policy.territories[position].when for position in positions]):
            message = (
                f"has the priority of '{policy.territories[positions[earlier]].name}', and one item could match both; "
                "give them different priorities, or conditions that exclude each other"
            )
            yield Finding(("territories", positions[place], "priority"), "TERRITORY_OVERLAP", message)
