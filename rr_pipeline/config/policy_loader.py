"""policies/*.yaml to policy versions in order of time.

Belongs here: which files there are, the version each stands for, and what holds between versions. Does not belong
here: checks inside one file (policy_checks.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path as FilePath
from typing import Any
from zoneinfo import ZoneInfo

from rr_pipeline.config.flow_checks import has_last
from rr_pipeline.config.notes import Notes
from rr_pipeline.config.policy import LocalTime, PolicyFile, PolicyRules, PolicyVersion, hash_content
from rr_pipeline.config.policy_checks import check_policy
from rr_pipeline.config.pool_checks import merge_vacations
from rr_pipeline.config.pools import DEFAULT_OWNER, Member, PoolPolicy, PoolSettings
from rr_pipeline.config.waiting import settled
from rr_pipeline.config.yaml_reader import Path, YamlDocument, dotted
from rr_pipeline.config.zones import MomentError, to_instant
from rr_pipeline.errors import Problem, RefusedError, nearest

POLICY_FOLDER = "policies"
DEFAULT = "default_owner"


@dataclass(frozen=True)
class _Dated:
    """A version, and the end its file claims (if it claims one)."""

    version: PolicyVersion
    ends: datetime | None


def load_policies(notes: Notes, zone: ZoneInfo) -> tuple[PolicyVersion, ...]:
    """Return the versions of policies/*.yaml by effective_from. Problems go to ``notes``.

    ``zone`` is the project's: dates and times of the files without a zone are read in it.
    """
    dated = [found for name in _policy_files(notes) if (found := _load_policy(notes, name, zone)) is not None]
    dated.sort(key=lambda one: (one.version.effective_from, one.version.version, one.version.file))
    notes.problems += _check_versions(dated)
    return with_earlier_owners([one.version for one in dated])


def with_earlier_owners(versions: Sequence[PolicyVersion]) -> tuple[PolicyVersion, ...]:
    """Return the versions with a pool for each default owner that only an earlier one has.

    It has no member: what still waits for that owner goes back to the owner's pool when the version begins. No file
    says so, and so the hash of the content does not either.
    """
    found: list[PolicyVersion] = []
    earlier: set[str] = set()
    for version in versions:
        own = {pool.pool_id for pool in version.pools}
        over = [
            PoolPolicy(pool_id=name + DEFAULT_OWNER, members=(), then="failover", failover=name)
            for name in sorted(earlier & own)
            if name + DEFAULT_OWNER not in own
        ]
        pools = sorted([*version.pools, *over], key=lambda pool: pool.pool_id)
        found.append(version.model_copy(update={"pools": tuple(pools)}) if over else version)
        earlier |= {name.removesuffix(DEFAULT_OWNER) for name in own if name.endswith(DEFAULT_OWNER)}
    return tuple(found)


def load_policy_file(path: FilePath, zone: ZoneInfo) -> PolicyVersion:
    """Return the version of one policy file, wherever it lies. Raises RefusedError with every problem in it."""
    notes = Notes(path.absolute().parent)
    found = _load_policy(notes, path.name, zone)
    if notes.problems or found is None:
        raise RefusedError(f"{path.name} is not in order.", sorted(set(notes.problems)))
    return found.version


def find_policy(policies: Sequence[PolicyVersion], zone: ZoneInfo, wanted: str) -> PolicyVersion:
    """Return the version of that id, else that of the file of that name. Raises RefusedError (VERSION_UNKNOWN)."""
    for policy in policies:
        if policy.version == wanted:
            return policy
    if FilePath(wanted).is_file():
        return load_policy_file(FilePath(wanted), zone)
    known = [policy.version for policy in policies]
    hint = nearest(wanted, known) or f" There are: {', '.join(known)}."
    raise RefusedError(
        Problem("-", None, None, "VERSION_UNKNOWN", f"'{wanted[:64]}' is neither the id of a version nor a file.{hint}")
    )


def _policy_files(notes: Notes) -> list[str]:
    folder = notes.folder / POLICY_FOLDER
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        names = []
    for name in names:
        if name.lower().endswith((".yml", ".yaml")) and not name.endswith(".yaml"):
            message = "would be overlooked: policy files end in .yaml; rename it"
            notes.add_file(f"{POLICY_FOLDER}/{name}", "FILE_NAME", message)
    found = [f"{POLICY_FOLDER}/{name}" for name in names if name.endswith(".yaml") and not name.startswith(".")]
    if not found:
        notes.add_file(
            f"{POLICY_FOLDER}/", "POLICY_MISSING", "holds no policy; write one, such as policies/2026-01.yaml"
        )
    return found


def _cut(path: Path) -> Path | None:
    # Only settings inside a pool or a calendar are left out: without its pools, skills or territories a policy would
    # show problems that are not there.
    return path if path[0] in ("pools", "calendars") and len(path) >= 3 else None


def _load_policy(notes: Notes, file: str, zone: ZoneInfo) -> _Dated | None:
    found = notes.read_model(file, PolicyFile, _cut)
    if found is None:
        return None
    document, written = found
    unread = {problem.field for problem in notes.problems if problem.file == file}
    for finding in check_policy(written):
        if not unread.isdisjoint(dotted(path) for path in finding.unless):
            continue
        notes.add(document, finding.path, finding.code, finding.message, finding.is_warning)
    instants: dict[str, datetime | None] = {}
    for name in ("effective_from", "effective_until"):
        moment = getattr(written, name)
        try:
            instants[name] = to_instant(moment, zone) if moment is not None else None
        except MomentError as error:
            notes.add(document, (name,), error.code, str(error))
    begins = instants.get("effective_from")
    return _Dated(build_version(written, begins, document, zone), instants.get("effective_until")) if begins else None


def build_version(
    written: PolicyFile, effective_from: datetime, document: YamlDocument, zone: ZoneInfo
) -> PolicyVersion:
    """Return the version a policy file stands for in a project of that zone.

    Vacations are merged, pools are by id, territories as they are tried, users by id; default owners have their pools.
    """
    content: dict[str, Any] = {name: getattr(written, name) for name in PolicyRules.model_fields}
    content["users"] = tuple(sorted(written.users, key=lambda one: one.user))
    # sorted() is stable: at one priority the place in the file decides.
    content["territories"] = tuple(sorted(written.territories, key=lambda rule: rule.priority))
    version = PolicyVersion(
        **content,
        effective_from=effective_from,
        pools=tuple(
            made for pool_id, pool in sorted(written.pools.items()) for made in _pools(pool_id, pool, written.skills)
        ),
        file=document.file,
        lines={dotted(path): line for path, line in document.lines.items()},
        local_times=tuple(_local_times(written)),
    )
    return version.model_copy(update={"content_hash": hash_content(version, zone.key)})


def _local_times(written: PolicyFile) -> Iterator[LocalTime]:
    """Yield the times of members that only their zone makes instants: a clock change may skip or repeat them."""
    for pool_id, pool in written.pools.items():
        for position, member in enumerate(pool.members):
            path: Path = ("pools", pool_id, "members", position)
            said = [((*path, "from"), member.from_, False), ((*path, "until"), member.until, True)]
            for place, vacation in enumerate(member.vacations):
                said.append(((*path, "vacations", place, "from"), vacation.from_, False))
                said.append(((*path, "vacations", place, "until"), vacation.until, True))
            for where, moment, is_end in said:
                if isinstance(moment, datetime) and moment.tzinfo is None:
                    yield LocalTime(member.user, member.time_zone, dotted(where), moment, is_end)


def _pools(pool_id: str, pool: PoolSettings, skills: tuple[str, ...]) -> Iterator[PoolPolicy]:
    """Yield a pool as it is in force, and the pool that its default owner is: one member with every skill."""
    content: dict[str, Any] = {name: getattr(pool, name) for name in PoolSettings.model_fields}
    content["members"] = tuple(
        member.model_copy(update={"vacations": merge_vacations(member.vacations)}) for member in pool.members
    )
    last = pool_id + DEFAULT_OWNER
    content["while_waiting"] = settled(pool.while_waiting, pool.failover, pool.queue, last)
    if pool.default_owner is None or not has_last(pool, DEFAULT):
        yield PoolPolicy(pool_id=pool_id, **content)
        return
    content["failover"] = last
    content |= {name: "failover" for name in ("when_nobody", "then") if content[name] == DEFAULT}
    yield PoolPolicy(pool_id=pool_id, **content)
    yield PoolPolicy(pool_id=last, members=(Member(user=pool.default_owner, skills=skills),))


def _check_versions(dated: Sequence[_Dated]) -> list[Problem]:
    """Return what is wrong between versions: one id twice, two from one instant, a claimed end that does not fit."""
    problems = []
    by_id: dict[str, PolicyVersion] = {}
    for one in dated:
        other = by_id.setdefault(one.version.version.lower(), one.version)
        if other is not one.version:
            same = "the same" if other.content_hash == one.version.content_hash else "other"
            message = f"is the id of {other.file} too, with {same} content; give each version its own id"
            problems.append(_problem(one.version, "version", "VERSION_REPEATED", message))
    for earlier, later in pairwise(dated):
        begins = later.version.effective_from
        if earlier.version.effective_from == begins:
            message = f"is that of {earlier.version.file} too; two versions cannot begin at one instant"
            problems.append(_problem(later.version, "effective_from", "POLICY_OVERLAP", message))
        elif earlier.ends is not None and earlier.ends != begins:
            is_gap = earlier.ends < begins
            code, what = ("POLICY_GAP", "a gap before") if is_gap else ("POLICY_OVERLAP", "an overlap with")
            begins_text = f"{begins.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
            message = f"leaves {what} {later.version.file}, which begins at {begins_text}; remove effective_until"
            problems.append(_problem(earlier.version, "effective_until", code, message))
    if dated and dated[-1].ends is not None:
        message = "leaves no policy in force after it; remove it, or add the version that follows"
        problems.append(_problem(dated[-1].version, "effective_until", "POLICY_GAP", message))
    return problems


def _problem(version: PolicyVersion, name: str, code: str, message: str) -> Problem:
    return Problem(version.file, version.line_of(name), name, code, message)
