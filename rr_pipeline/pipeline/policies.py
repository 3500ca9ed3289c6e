"""Which policy versions a run may use: those it has used before must stay, new ones must not reach into the past.

Belongs here: the comparison with ops.policy_versions. Does not belong here: versions as the router takes them
(compiled.py) or as tables show them (policy_rows.py); both are handed on from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from rr_pipeline.errors import Problem, RefusedError
from rr_pipeline.pipeline.compiled import router_policies
from rr_pipeline.pipeline.policy_rows import write_dimensions
from rr_pipeline.pipeline.session import Session
from rr_pipeline.warehouse.sql_files import declare

__all__ = ["note_versions", "router_policies", "write_dimensions"]


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
    con.execute(
        "create or replace temp table int_policies "
        "(policy_no integer, version varchar, from_at timestamptz, until_at timestamptz)"
    )
    for row in rows:
        con.execute(
            "insert into int_policies select $1, $2, coalesce($3, '-infinity'::timestamptz), "
            "coalesce($4, 'infinity'::timestamptz)",
            list(row),
        )


def _changed(session: Session, stored: Mapping[str, tuple[datetime, str, str]]) -> list[Problem]:
    problems = []
    by_version = {policy.version: policy for policy in session.project.policies}
    for version, (effective_from, content_hash, _run) in stored.items():
        policy = by_version.get(version)
        if policy is None:
            text = "this version has taken decisions and is gone; put its file back"
            problems.append(Problem("policies/", None, "version", "POLICY_GONE", f"{version}: {text}"))
        elif (policy.content_hash, policy.effective_from) != (content_hash, effective_from):
            text = "has taken decisions and reads otherwise now; undo the change, or give it a version of its own"
            problems.append(Problem(policy.file, 1, "version", "POLICY_CHANGED", f"{version}: {text}"))
    for policy in session.project.policies:
        is_past = session.frontier is not None and policy.effective_from <= session.frontier
        if policy.version not in stored and stored and is_past:
            text = f"takes effect at or before {session.frontier}, up to where all is final; choose a later instant"
            line = policy.line_of("effective_from")
            problems.append(Problem(policy.file, line, "effective_from", "POLICY_IN_PAST", text))
    return problems
