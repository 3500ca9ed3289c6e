"""Projects of a range of seeds, run and compared; of one that fails a small one is shown.

Belongs here: what the tests and the command line (``python -m tests.projects``) have in common.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from rr_pipeline.quality import runner
from rr_pipeline.runs import run
from tests.projects.make_project import cuts_of, project_of, ways_of
from tests.projects.reduce import ends_in, kind_of, reduced, shown
from tests.projects.runs import trouble
from tests.projects.tree import Project


class _Agreeing(dict[str, Any]):
    """Verdicts that are whatever SQL counts."""

    def __missing__(self, rule: str) -> Any:
        return _Same()


class _Same:
    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = object.__hash__


@contextmanager
def quickly() -> Iterator[None]:
    """Leave out the published copy and Great Expectations' second opinion, which take half the time of small runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "_publish", lambda _session: None)
        patch.setattr(runner, "verdicts", lambda *_: _Agreeing())
        yield


def trouble_of(project: Project, folder: Path, cuts: Sequence[Sequence[int]], *, is_quick: bool = False) -> str | None:
    """What is wrong with a project run in each of these ways."""
    try:
        with quickly() if is_quick else nullcontext():
            return trouble(project, folder, cuts)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def look_at(
    seed: int, folder: Path, way: str | None = None, *, is_quick: bool = False, seconds: float = 300
) -> str | None:
    """What is wrong with the project of a seed, with a small project that has the same trouble; None if nothing is.

    ``way``: how it is run, see ``ways_of``; None: as the seed says. ``seconds``: for making it smaller.
    """
    project = project_of(seed)
    cuts = cuts_of(project, seed) if way is None else [ways_of(project, seed)[way]]
    found = trouble_of(project, folder / "run", cuts, is_quick=is_quick)
    if found is None:
        return None
    kind = kind_of(found)

    def trouble_in(candidate: Project) -> str | None:
        try:
            ways = [ends_in(candidate, ends) for ends in cuts]
            return trouble_of(candidate, folder / "run", ways, is_quick=is_quick)
        except Exception:  # the reading asks for what is no longer there: no valid project
            return None

    if seconds <= 0:
        return f"seed {seed}: {found}"
    small = reduced(project, lambda one: kind_of(trouble_in(one)) == kind, seconds)
    ways = [ends_in(small, ends) for ends in cuts]
    text = shown(small, folder / f"seed{seed}")
    return f"seed {seed}, run up to deliveries {ways}: {trouble_in(small)}\n{text}\nat first it was: {found}"
