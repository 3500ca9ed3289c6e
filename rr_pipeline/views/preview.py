"""What a run would read, without changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rr_pipeline.config import Project
from rr_pipeline.config.new_defaults import new_defaults_since
from rr_pipeline.errors import Problem
from rr_pipeline.ingest.discover import discover
from rr_pipeline.routing.exception_tokens import read_tokens
from rr_pipeline.warehouse.published import told_layout


@dataclass(frozen=True)
class Preview:
    """Config in short, the files each source finds, and what is doubtful.

    ``new_defaults``: what holds from the next run on that did not for the version that ran last.
    """

    project: Project
    files: dict[str, list[str]]
    unmatched: tuple[str, ...]
    absent: tuple[str, ...]
    token_count: int
    problems: tuple[Problem, ...]
    new_defaults: tuple[str, ...] = ()

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is doubtful in the config."""
        return (*self.project.warnings, *self.project.key_warnings)

    def as_json(self) -> dict[str, Any]:
        """Plain values for machines."""
        return {
            "project": self.project.settings.name,
            "policies": [
                {"version": policy.version, "effective_from": policy.effective_from.isoformat(),
                 "content_hash": policy.content_hash, "pools": [pool.pool_id for pool in policy.pools]}
                for policy in self.project.policies
            ],
            "files": self.files,
            "unmatched_files": list(self.unmatched),
            "sources_without_files": list(self.absent),
            "token_count": self.token_count,
            "problems": [str(problem) for problem in self.problems],
            "warnings": [str(problem) for problem in self.warnings],
            "new_defaults": list(self.new_defaults),
        }  # fmt: skip


def preview(project: Project) -> Preview:
    """Look at the landing folder and the tokens as a run would."""
    found = discover(project.landing, project.sources)
    files: dict[str, list[str]] = {source.name: [] for source in project.sources}
    for file in found.delivered:
        files[file.source.name].append(file.name)
    refused = tuple(problem for _, problem in found.refused)
    news = new_defaults_since(told_layout(project.published))
    return Preview(project, files, found.unmatched, found.absent, len(read_tokens(project)), refused, news)
