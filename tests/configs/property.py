"""The property: what `check` accepts a run can use, and what a run refuses `check` refuses too.

A run ends with 0 or 1, or with 2 for a reason in the data. It never ends with an error of ours (70), of the machine
(75) or of an invariant (78).
"""

from __future__ import annotations

import re
import traceback
from pathlib import Path
from shutil import rmtree

from rr_pipeline.config import load_project
from rr_pipeline.errors import RefusedError, RunError
from rr_pipeline.runs.run import run
from rr_pipeline.views.preview import preview
from tests.configs.deliveries import write_deliveries
from tests.configs.dice import Change, changes_of, write_config

ABOUT_DATA = frozenset({"QUARANTINE_RATE", "MEMBER_UNKNOWN", "LANDING_UNREADABLE"})
"""Codes of refusals that only the delivered files explain."""

REFUSED, USED = "refused by check", "used"


def verdict(folder: Path, changes: list[Change]) -> str:
    """REFUSED or USED where the property holds for this project, else what went wrong."""
    rmtree(folder, ignore_errors=True)
    write_config(folder, changes)
    try:
        project = load_project(folder, {"RR_KEY": "0123456789abcdef"})
        preview(project)
        write_deliveries(project)
    except RefusedError as error:
        return REFUSED if re.search(r"code=[A-Z_]+: ", str(error)) else f"a refusal without a reason: {error}"
    try:
        done = run(project)
    except RefusedError as error:
        codes = set(re.findall(r"code=([A-Z_]+): ", str(error)))
        return USED if codes and codes <= ABOUT_DATA else f"refused by the run alone: {error}"
    except RunError as error:
        return f"exit {int(error.exit_code)}: {error}"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"exit 70: {type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}: {error}"
    return USED if int(done.exit_code) in (0, 1) else f"exit {int(done.exit_code)}"


def shrunk(folder: Path, changes: list[Change], wrong: str) -> list[Change]:
    """The changes without those that do not matter for what is wrong."""
    for change in list(changes):
        fewer = [one for one in changes if one is not change]
        if _kind(verdict(folder, fewer)) == _kind(wrong):
            changes = fewer
    return changes


def _kind(said: str) -> str:
    return re.sub(r"[0-9]+", "", said)[:60]


def check_seeds(folder: Path, seeds: range) -> dict[str, int]:
    """Try the projects of these seeds; how many were refused and how many used. Fails on the first that is neither."""
    counts = {REFUSED: 0, USED: 0}
    for seed in seeds:
        changes = changes_of(seed)
        said = verdict(folder / "project", changes)
        if said not in counts:
            small = shrunk(folder / "project", changes, said)
            raise AssertionError(f"seed {seed}: {said}\n" + "\n".join(map(str, small)))
        counts[said] += 1
    return counts
