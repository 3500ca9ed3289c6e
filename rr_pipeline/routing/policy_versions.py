"""Which policy versions a run may use: those it has used before must stay, new ones must not reach into the past.

Belongs here: the comparison with ops.policy_versions. Does not belong here: versions as the router takes them
(compiled.py) or as tables show them (policy_rows.py); both are handed on from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rr_pipeline.config.zones import load_zone
from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.routing.policy_frames import router_policies
from rr_pipeline.routing.policy_rows import write_dimensions
from rr_pipeline.session.session import Session
from rr_pipeline.warehouse.sql_files import declare, fill, make_temp, table_exists

__all__ = ["differences", "note_versions", "router_policies", "write_dimensions"]


def note_versions(session: Session) -> None:
    """Leave TEMP ``int_policies`` (policy_no, version, from_at, until_at) and note new versions in ops.policy_versions.

    The first version also holds for whatever is older than it. Raises RefusedError when a version that was used has
    other content now, is gone, or when a new one would change what is final.
    """
    con = session.con
    declare(con, "ops", "policy_versions")
    stored = {row[0]: row[1:] for row in con.execute("from ops.policy_versions").fetchall()}
    problems = _changed(session, stored)
    if problems:
        raise RefusedError("policies/ no longer fits what was decided; nothing was changed:", problems)
    rows = []
    for number, policy in enumerate(session.project.policies, start=1):
        if policy.version not in stored:
            con.execute(
                "insert into ops.policy_versions values (?, ?, ?, ?)",
                [policy.version, policy.effective_from, policy.content_hash, session.run_id],
            )
        following = session.project.policies[number : number + 1]
        rows.append(
            (number, policy.version, policy.effective_from if number > 1 else None,
             following[0].effective_from if following else None)
        )  # fmt: skip
    make_temp(con, "intermediate", "int_policies")
    fill(con, "int_policies", rows)
    con.execute(
        "update int_policies set from_at = coalesce(from_at, '-infinity'), until_at = coalesce(until_at, 'infinity')"
    )


def differences(session: Session) -> list[Problem]:
    """What POLICY_CHANGED, POLICY_GONE and POLICY_IN_PAST have to say, without noting anything."""
    if not table_exists(session.con, "ops.policy_versions"):
        return []
    stored = {row[0]: row[1:] for row in session.con.execute("from ops.policy_versions").fetchall()}
    return _changed(session, stored)


def _anew_from(session: Session, instant: datetime) -> str:
    day = instant.astimezone(load_zone(session.project.settings.time_zone))
    return f"or have everything from then on decided again: `rr-pipeline backfill --from {day:%Y-%m-%d}`"


def _changed(session: Session, stored: Mapping[str, tuple[datetime, str, str]]) -> list[Problem]:
    problems = []
    by_version = {policy.version: policy for policy in session.project.policies}
    for version, (effective_from, content_hash, _run) in stored.items():
        policy = by_version.get(version)
        if policy is None:
            text = f"has taken decisions and is gone; put its file back, {_anew_from(session, effective_from)}"
            problems.append(Problem("policies/", None, "version", "POLICY_GONE", f"{version}: {text}"))
        elif (policy.content_hash, policy.effective_from) != (content_hash, effective_from):
            again = _anew_from(session, min(effective_from, policy.effective_from))
            text = f"has taken decisions; it, or the time_zone of the project, reads otherwise now: undo that, {again}"
            problems.append(Problem(policy.file, 1, "version", "POLICY_CHANGED", f"{version}: {text}"))
    for policy in session.project.policies:
        is_past = session.frontier is not None and policy.effective_from <= session.frontier
        if policy.version not in stored and stored and is_past:
            again = _anew_from(session, policy.effective_from)
            text = f"takes effect at or before {session.frontier}, up to where all is final; begin later, {again}"
            line = policy.line_of("effective_from")
            problems.append(Problem(policy.file, line, "effective_from", "POLICY_IN_PAST", text))
    return problems


def refuse_earlier_changes(session: Session, start: datetime) -> None:
    """Refuse a restatement from ``start`` on under policies that read otherwise before it than they did.

    Raises RefusedError (POLICY_CHANGED, POLICY_GONE, POLICY_IN_PAST) naming the day to restate from instead. Needs
    ops.policy_versions and marts.fct_items as earlier runs left them.
    """
    is_decided = table_exists(session.con, "marts.fct_items")
    first = session.scalar("select min(decided_at) from marts.fct_items") if is_decided else None
    if not isinstance(first, datetime) or first >= start:
        return
    stored = {row[0]: (row[1], row[2]) for row in session.con.execute(_STORED).fetchall()}
    present = {policy.version: (policy.effective_from, policy.content_hash) for policy in session.project.policies}
    differing = [
        _in_force_before(session, version, code, first)
        for version, code in _differences(_until(stored, start), _until(present, start))
    ]
    if differing:
        text = "what was in force before that day reads otherwise now; nothing was changed:"
        raise RefusedError(Problem("-", None, "--from", "POLICY_CHANGED", text), differing)


_STORED = "select version, effective_from, content_hash from ops.policy_versions order by effective_from"

Versions = Mapping[str, tuple[datetime, str]]
"""Versions in the order of time: when each begins, and the hash of its content."""


def _until(versions: Versions, start: datetime) -> Versions:
    """The versions in force before ``start``: the first one holds for all that is older than it."""
    return {
        version: (begins, content)
        for place, (version, (begins, content)) in enumerate(versions.items())
        if place == 0 or begins < start
    }


def _differences(stored: Versions, present: Versions) -> list[tuple[str, str]]:
    gone = [(version, "POLICY_GONE") for version in stored if version not in present]
    new = [(version, "POLICY_IN_PAST") for version in present if version not in stored]
    changed = [
        (version, "POLICY_CHANGED") for version in present if stored.get(version, present[version]) != present[version]
    ]
    return [*gone, *new, *changed]


def _in_force_before(session: Session, version: str, code: str, first: datetime) -> Problem:
    policy = next((one for one in session.project.policies if one.version == version), None)
    begins = policy.effective_from if policy is not None and policy is not session.project.policies[0] else first
    zone = load_zone(session.project.settings.time_zone)
    day = max(begins, first).astimezone(zone).date()
    text = f"{version}: has taken decisions before that day; undo the change, or restate from {day} on"
    return Problem(policy.file if policy else "policies/", None, "version", code, text)
