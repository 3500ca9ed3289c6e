"""Facts from outside that tests hold the code against, as small files of our own, each with its source.

Belongs here: what is known without our code, and how it is read. Does not belong here: what the code makes of it.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Rotation:
    """One pool, its items one after another, and who must get them. Items count from 1."""

    name: str
    source: str
    members: Mapping[str, int]
    items: int
    owners: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    owner_of: Mapping[int, str] = field(default_factory=dict)
    held: int = 0
    skills: Mapping[str, list[str]] = field(default_factory=dict)
    needed: Mapping[int, list[str]] = field(default_factory=dict)
    limits: Mapping[str, int] = field(default_factory=dict)
    accrue_while: list[str] = field(default_factory=lambda: ["skill_missing"])
    redo: list[str] = field(default_factory=list)
    skip: list[str] = field(default_factory=list)
    one_a_day: bool = False


@dataclass(frozen=True)
class WorkingTime:
    """Working time of one schedule: ``due`` after ``minutes``, or ``seconds`` until ``until``. Instants as text."""

    name: str
    hours: Mapping[str, str]
    since: str
    zone: str = "UTC"
    holidays: tuple[str, ...] = ()
    minutes: int = 0
    due: str = ""
    until: str = ""
    seconds: int = 0


def _read(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def rotations() -> list[Rotation]:
    """Every small rotation."""
    return [Rotation(**one) for one in _read("rotations.yaml")]


def working_times(kind: str) -> list[WorkingTime]:
    """The deadlines, or the durations."""
    found = _read("working_times.yaml")
    return [
        WorkingTime(
            **{**one, "hours": found["hours"][one["hours"]], "holidays": tuple(map(str, one.get("holidays", ())))}
        )
        for one in found[kind]
    ]


def rows(name: str) -> list[dict[str, str]]:
    """Rows of a CSV file of facts, comment lines left out."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(line for line in handle if not line.startswith("#")))
