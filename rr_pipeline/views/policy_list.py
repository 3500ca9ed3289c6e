"""The policy versions of a project, next to what runs have done with them.

Belongs here: reading for people, from the published copy. Does not belong here: whether a run may use a version
(policies.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from rr_pipeline.config import Project
from rr_pipeline.warehouse import open_analyst
from rr_pipeline.warehouse.published import PUBLISHED_FILE
from rr_pipeline.warehouse.sql_files import table_exists

State = Literal["past", "in force", "to come", "edited since it decided"]


@dataclass(frozen=True)
class VersionLine:
    """One version. ``state`` is as of the frontier; ``first_run_id`` is None until a run has seen it."""

    version: str
    effective_from: datetime
    effective_until: datetime | None
    file: str
    content_hash: str
    state: State
    first_run_id: str | None
    decision_count: int

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        for name in ("effective_from", "effective_until"):
            content[name] = content[name].isoformat() if content[name] else None
        return content


def list_versions(project: Project) -> tuple[VersionLine, ...]:
    """The versions in order; without a published copy nothing has been decided."""
    frontier, seen, counts = _published(project)
    lines = []
    for number, policy in enumerate(project.policies):
        following = project.policies[number + 1 : number + 2]
        until = following[0].effective_from if following else None
        first_run, content_hash = seen.get(policy.version, (None, policy.content_hash))
        state: State = "in force"
        if content_hash != policy.content_hash:
            state = "edited since it decided"
        elif frontier is not None and until is not None and until <= frontier:
            state = "past"
        # The first version also holds for whatever is older than it.
        elif number and (frontier is None or policy.effective_from > frontier):
            state = "to come"
        lines.append(
            VersionLine(
                policy.version, policy.effective_from, until, policy.file, policy.content_hash, state, first_run,
                counts.get(policy.version, 0),
            )
        )  # fmt: skip
    return tuple(lines)


def _published(project: Project) -> tuple[datetime | None, dict[str, tuple[str, str]], dict[str, int]]:
    """The frontier, (first run, content hash) and decisions by version."""
    path = project.published / PUBLISHED_FILE
    if not path.is_file():
        return None, {}, {}
    with open_analyst(path) as con:
        if not table_exists(con, "ops.policy_versions"):
            return None, {}, {}
        frontier = con.execute("select arg_max(frontier_at, run_id) from ops.runs").fetchall()[0][0]
        seen = con.execute("select version, run_id, content_hash from ops.policy_versions").fetchall()
        counts = con.execute("select policy_version, count(*) from marts.fct_decisions group by all").fetchall()
    return frontier, {row[0]: (row[1], row[2]) for row in seen}, dict(counts)
