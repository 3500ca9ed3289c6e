"""What the checks across settings find, and the few checks that several of them share.

Belongs here: the form of a finding, unknown names, conditions. Does not belong here: any rule of one section.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rr_pipeline.config.matching import When, misuse
from rr_pipeline.config.yaml_reader import Path
from rr_pipeline.errors import nearest


@dataclass(frozen=True)
class Finding:
    """One thing found at a path of a policy file; a warning does not stop a run.

    ``unless``: settings that this follows from. Where one of them cannot be read, that alone is said.
    """

    path: Path
    code: str
    message: str
    is_warning: bool = False
    unless: tuple[Path, ...] = ()


def unknown_name(path: Path, code: str, name: str, what: str, known: Iterable[str]) -> Finding:
    """Return the finding of a name that is not defined; ``what`` says what it should be."""
    return Finding(path, code, f"'{name}' is not {what}.{nearest(name, known)}")


def unknown_skill(path: Path, skill: str, vocabulary: Iterable[str]) -> Finding:
    """Return the finding of a skill that the policy does not list."""
    return unknown_name(path, "SKILL_UNKNOWN", skill, "in the list of skills at the top of the file; add it there",
                        vocabulary)  # fmt: skip


def check_when(path: Path, when: When) -> Iterator[Finding]:
    """Yield what is wrong with the conditions of one rule."""
    if not when:
        yield Finding(path, "WHEN_EMPTY", "has no condition and would hold for everything; say which items are meant")
    for field, matcher in when.items():
        if wrong := misuse(field, matcher):
            yield Finding((*path, field), "WHEN_TYPE", wrong)


def check_distinct(path: Path, names: Iterable[str]) -> Iterator[Finding]:
    """Yield a finding for each rule of a list that has the name of an earlier one, capitals ignored."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name.lower() in seen:
            message = f"'{name}' names an earlier rule of this list too; give each its own name"
            yield Finding((*path, position, "name"), "NAME_REPEATED", message)
        seen.add(name.lower())
