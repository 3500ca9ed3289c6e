"""A project folder written from text, and the problems it is refused with."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from rr_pipeline.config import Project, load_project
from rr_pipeline.errors import Problem, RefusedError

PROJECT = "name: acme\ntime_zone: Europe/Oslo\n"
POLICY = """\
version: "1"
effective_from: 2026-01-01T00:00:00Z
skills: [french, german]
pools:
  emea:
    members:
      - user: ann
        weight: 2
        skills: [french]
      - user: bob
  spare:
    members:
      - user: cid
territories:
  - {name: nordics, pool: emea, when: {country: [NO, SE]}}
catch_all: spare
"""


class Folder:
    """A project folder under construction."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.write("project.yaml", PROJECT)
        self.write("policies/1.yaml", POLICY)

    def write(self, name: str, text: str | bytes) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode("utf-8"))

    def policy(self, *changes: tuple[str, str]) -> None:
        """Write the sample policy with pieces of its text replaced."""
        text = POLICY
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        self.write("policies/1.yaml", text)

    def load(self, env: Mapping[str, str] | None = None) -> Project:
        return load_project(self.path, env or {})

    def problems(self, env: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
        with pytest.raises(RefusedError) as caught:
            self.load(env)
        return caught.value.problems

    def only(self, env: Mapping[str, str] | None = None) -> Problem:
        problems = self.problems(env)
        assert len(problems) == 1, problems
        return problems[0]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
