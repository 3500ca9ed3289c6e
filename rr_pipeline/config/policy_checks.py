"""Rules across the settings of a policy: what each value may be given the others.

Belongs here: every check that needs more than one setting, with its code, and what is tidied on the way (vacations
merged). Does not belong here: how one value is written (text_types.py), users known only at run time
(project.check_members).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from rr_pipeline.config.matching import misuse
from rr_pipeline.config.overlap import overlaps
from rr_pipeline.config.policy import Limits, Member, PolicyFile, PoolSettings, Vacation, merge_limits
from rr_pipeline.config.yaml_reader import Path
from rr_pipeline.errors import nearest


@dataclass(frozen=True)
class Finding:
    """One thing found at a path of a policy file; a warning does not stop a run."""

    path: Path
    code: str
    message: str
    is_warning: bool = False


def check_policy(policy: PolicyFile) -> Iterator[Finding]:
    """Yield everything that is wrong or odd in one policy file, read on its own."""
    yield from _check_names(policy)
    for pool_id, pool in policy.pools.items():
        yield from _check_pool(("pools", pool_id), pool, policy.skills)
    yield from _check_targets(policy)
    yield from _check_skills(policy)
    yield from _check_conditions(policy)
    yield from _check_overlap(policy)
    yield from _check_coverage(policy)


def _check_names(policy: PolicyFile) -> Iterator[Finding]:
    if not policy.pools:
        yield Finding(("pools",), "POOLS_MISSING", "holds no pool; describe at least one, with its members")
    first_of: dict[str, str] = {}
    for pool_id in policy.pools:
        other = first_of.setdefault(pool_id.lower(), pool_id)
        if other != pool_id:
            message = f"differs from pool '{other}' only in capitals; give it a name of its own"
            yield Finding(("pools", pool_id), "NAME_REPEATED", message)
    for section in ("territories", "skill_rules", "qualification"):
        seen: set[str] = set()
        for position, rule in enumerate(getattr(policy, section)):
            if rule.name.lower() in seen:
                message = f"'{rule.name}' names an earlier rule of this list too; give each its own name"
                yield Finding((section, position, "name"), "NAME_REPEATED", message)
            seen.add(rule.name.lower())


def _check_pool(path: Path, pool: PoolSettings, vocabulary: Sequence[str]) -> Iterator[Finding]:
    members = (*path, "members")
    if not pool.members:
        yield Finding(members, "POOL_EMPTY", "has no member, so nothing could be given; add one or remove the pool")
    elif all(member.status == "inactive" or member.weight == 0 for member in pool.members):
        message = "has only members that are inactive or of weight 0; make one active, or remove the pool"
        yield Finding(members, "POOL_ALL_INACTIVE", message)
    yield from _check_limits((*path, "limits"), pool.limits)
    first_at: dict[str, int] = {}
    for position, member in enumerate(pool.members):
        place = (*members, position)
        first = first_at.setdefault(member.user, position)
        if first != position:
            message = f"'{member.user}' is in this pool already, as members[{first}]; keep one entry"
            yield Finding((*place, "user"), "MEMBER_REPEATED", message)
        for skill in member.skills:
            if skill not in vocabulary:
                yield _unknown_skill((*place, "skills"), skill, vocabulary)
        if _reversed(member.from_, member.until):
            message = "ends before it begins; correct from or until"
            yield Finding((*place, "until"), "END_BEFORE_START", message)
        merged = merge_limits(pool.limits, member.limits)
        if merged != pool.limits:
            yield from _check_limits((*place, "limits"), merged)
        yield from _check_vacations((*place, "vacations"), member)


def _check_limits(path: Path, limits: Limits) -> Iterator[Finding]:
    given = limits.model_dump(exclude_none=True)
    windows = [(name, given[name]) for name in ("hourly", "daily", "weekly", "total") if name in given]
    for (small, less), (large, more) in pairwise(windows):
        if less > more:
            message = f"the {small} limit ({less}) is above the {large} one ({more}) and can never be reached; lower it"
            yield Finding((*path, small), "LIMIT_UNREACHABLE", message, is_warning=True)


def _check_vacations(path: Path, member: Member) -> Iterator[Finding]:
    for position, vacation in enumerate(member.vacations):
        place = (*path, position)
        if _kind(vacation.from_) != _kind(vacation.until):
            message = "mixes a date, a local time and an instant; write both ends in the same way"
            yield Finding(place, "MOMENT_MIXED", message)
        elif _reversed(vacation.from_, vacation.until) or (
            isinstance(vacation.from_, datetime) and vacation.from_ == vacation.until
        ):
            yield Finding(
                (*place, "until"), "END_BEFORE_START", "ends before it begins, or at once; correct from or until"
            )
    if len(merge_vacations(member.vacations)) < len(member.vacations):
        message = "overlap or follow one another without a break; they count as one"
        yield Finding(path, "VACATION_OVERLAP", message, is_warning=True)


def _check_targets(policy: PolicyFile) -> Iterator[Finding]:
    targets = [(("territories", position, "pool"), rule.pool) for position, rule in enumerate(policy.territories)]
    for path, target in [*targets, (("catch_all",), policy.catch_all)]:
        if target not in policy.pools:
            message = f"'{target}' is not a pool of this version.{nearest(target, policy.pools)}"
            yield Finding(path, "POOL_UNKNOWN", message)
    used = {target for _, target in targets} | {policy.catch_all}
    for pool_id in policy.pools:
        if pool_id not in used:
            message = "gets nothing: no territory and not catch_all names it; add a territory or remove the pool"
            yield Finding(("pools", pool_id), "POOL_UNUSED", message, is_warning=True)


def _check_conditions(policy: PolicyFile) -> Iterator[Finding]:
    for section in ("territories", "skill_rules", "qualification"):
        for position, rule in enumerate(getattr(policy, section)):
            path: Path = (section, position, "when")
            if not rule.when:
                message = "has no condition and would hold for everything; say which items are meant"
                yield Finding(path, "WHEN_EMPTY", message)
            for field, matcher in rule.when.items():
                if wrong := misuse(field, matcher):
                    yield Finding((*path, field), "WHEN_TYPE", wrong)


def _check_skills(policy: PolicyFile) -> Iterator[Finding]:
    for section in ("territories", "skill_rules"):
        for position, rule in enumerate(getattr(policy, section)):
            for skill in rule.needs:
                if skill not in policy.skills:
                    yield _unknown_skill((section, position, "needs"), skill, policy.skills)
    for position, rule in enumerate(policy.skill_rules):
        if not rule.needs:
            yield Finding(
                ("skill_rules", position, "needs"), "VALUE_MISSING", "names no skill; list one or remove the rule"
            )


def _unknown_skill(path: Path, skill: str, vocabulary: Iterable[str]) -> Finding:
    message = (
        f"'{skill}' is not in the list of skills at the top of the file; add it there.{nearest(skill, vocabulary)}"
    )
    return Finding(path, "SKILL_UNKNOWN", message)


def _check_coverage(policy: PolicyFile) -> Iterator[Finding]:
    """Warn of a territory whose items would wait for ever: nobody of its pool has all the skills it needs."""
    for position, rule in enumerate(policy.territories):
        pool = policy.pools.get(rule.pool)
        if pool is None or not rule.needs or any(set(rule.needs) <= set(member.skills) for member in pool.members):
            continue
        message = f"nobody in pool '{rule.pool}' has {', '.join(rule.needs)} together; its items would wait for ever"
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


def merge_vacations(vacations: Sequence[Vacation]) -> tuple[Vacation, ...]:
    """Return vacations in order of time with those that touch joined; dates, local times and instants each apart.

    Only the member's zone, known at run time, could compare a date with an instant.
    """
    merged: list[Vacation] = []
    for kind in (0, 1, 2):
        same = [one for one in vacations if _kind(one.from_) == _kind(one.until) == kind]
        for vacation in sorted(same, key=lambda one: (one.from_, one.until)):
            last = merged[-1] if merged and _kind(merged[-1].from_) == kind else None
            step = timedelta(days=1) if kind == 0 else timedelta(0)
            if last is None or vacation.from_ > last.until + step:
                merged.append(vacation)
            elif vacation.until > last.until:
                merged[-1] = last.model_copy(update={"until": vacation.until})
    return tuple(merged)


def _kind(moment: date | datetime) -> int:
    """Return 0 for a local date, 1 for a local time, 2 for an instant."""
    if not isinstance(moment, datetime):
        return 0
    return 1 if moment.tzinfo is None else 2


def _reversed(start: date | datetime | None, end: date | datetime | None) -> bool:
    """Return whether an interval surely ends before it begins, whatever the member's zone."""
    if start is None or end is None:
        return False
    if _kind(start) == _kind(end):
        return end < start
    # Zones reach from -12 to +14 hours; a date as an end includes its day.
    slack = timedelta(hours=14) if 2 in (_kind(start), _kind(end)) else timedelta(0)
    return _as_utc(end) + (timedelta(days=1) if _kind(end) == 0 else timedelta(0)) + slack <= _as_utc(start)


def _as_utc(moment: date | datetime) -> datetime:
    if not isinstance(moment, datetime):
        moment = datetime.combine(moment, time.min)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
