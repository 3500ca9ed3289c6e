"""Small faults put in one at a time: does a test notice? Prints each that none does.

    python -m tests.tools.mutants [--count 200] [--seed 1] [--minutes 20] [--of core,python,sql] [--only PLACE:NUMBER]

A mutant is one change: in Python inside a function (a comparison moved by one or turned round, a number one higher,
plus for minus, and for or, min for max, a condition turned round, a statement left out), in SQL a predicate, a join,
an order or an aggregate. Tests run in a process of their own over a copy of the tree; a mutant that makes them fail, or
never end, is caught. Those of the core run uncompiled, and always the same: the common tools cannot do this, since they
mutate what they import, and compiled functions are not Python any more. Elsewhere the tests are those that were seen to
run the line or the SQL file (mutant_map.py), those about little else first; what no test runs is called unseen. What
survives wants a test, unless it changes nothing that can be decided.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.tools import mutant_python, mutant_sql
from tests.tools.mutant_map import ROOT, LineMap, read_map

KINDS = ("core", "python", "sql")
CORE = (
    *(
        f"kernel/{name}"
        for name in (
            "fold",
            "arriving",
            "offers",
            "steps",
            "decisions",
            "turns",
            "tokens",
            "open_items",
            "touches",
            "holds",
            "windows",
            "timers",
            "free_rows",
            "trees",
            "working_time",
        )
    ),
    *(f"calendar/{name}" for name in ("eligibility", "schedules", "working_clocks", "local_time")),
    "packing/fair_shares",
)
CORE_TESTS = (
    *(f"tests/core/test_oracle_cases{part}.py" for part in ("", "_after", "_clocks", "_nobody")),
    *(f"tests/core/test_{part}.py" for part in ("corners", "worlds_uncompiled", "router_cases")),
    *(f"tests/core/calendar/test_{part}.py" for part in ("schedules", "eligibility", "working_clocks", "local_time")),
)
SLOW = "not cheap_to_hold and not every_zone_is_found and not less_than_that_in_400"
# What decides nothing: what is shown, demo data, and Dagster's wiring.
LEFT_OUT = ("core/", "demo/", "examples/", "assets/", "orchestration/", "terminal", "cli")
MOST_SECONDS = 240
MOST_FILES = 8
"""Test files tried for a mutant outside the core: those about little else than its line, and the cheap ones."""


_TOOLS = {"core": mutant_python, "python": mutant_python, "sql": mutant_sql}


@dataclass(frozen=True)
class Place:
    """One possible mutant: its kind, its file below the root, its number and its line there."""

    kind: str
    file: str
    number: int
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


def files_of(kind: str) -> list[str]:
    """Files of a kind below the root, by name."""
    if kind == "core":
        return [f"rr_pipeline/core/{module}.py" for module in CORE]
    folder, ending = (ROOT / "sql", "sql") if kind == "sql" else (ROOT / "rr_pipeline", "py")
    found = sorted(folder.rglob(f"*.{ending}"))
    return [
        path.relative_to(ROOT).as_posix()
        for path in found
        if not path.relative_to(folder).as_posix().startswith(LEFT_OUT)
    ]


def places_of(kind: str) -> list[Place]:
    """Every possible mutant of a kind."""
    return [
        Place(kind, file, number, line)
        for file in files_of(kind)
        for number, line in enumerate(_TOOLS[kind].lines((ROOT / file).read_text(encoding="utf-8")))
    ]


def sample(places: dict[str, list[Place]], count: int, seed: int) -> list[Place]:
    """Take as many of each kind, mixed; the same ones for the same seed."""
    dice = random.Random(seed)
    share = -(-count // len(places))
    taken = [one for of in places.values() for one in dice.sample(of, min(share, len(of)))]
    dice.shuffle(taken)
    return taken[:count]


def tests_of(place: Place, tests: LineMap | None) -> list[str]:
    """Test files to try, those first that are likely to notice."""
    if place.kind == "core":
        room, name = place.file.removeprefix("rr_pipeline/core/").removesuffix(".py").split("/")
        return sorted(CORE_TESTS, key=lambda test: test != f"tests/core/{room}/test_{name}.py")
    return tests.tests_of(place.file, place.line)[:MOST_FILES] if tests else []


def failing(folder: Path, kind: str, tests: Sequence[str]) -> str | None:
    """Return the first test that fails, "" where they do not end, None where all pass."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    if kind == "core":
        environment |= {"NUMBA_DISABLE_JIT": "1", "RR_WORLDS": "48"}
        command += ["-k", SLOW]
    else:
        command += ["-m", "not slow"]
    try:
        done = subprocess.run(
            [*command, *tests], cwd=folder, env=environment, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return ""
    # Without its parameters, whose names may have blanks.
    told = re.search(r"^(?:FAILED|ERROR) ([^\s\[]+)", done.stdout.decode(errors="replace"), re.MULTILINE)
    return (told[1] if told else "") if done.returncode else None


def try_one(folder: Path, place: Place, tests: LineMap | None, sound: set[str]) -> str:
    """Put a mutant into the copy, run its tests, take it out; returns how it ended, and what it is.

    What fails without it too says nothing of it: ``sound`` are the tests that were seen to pass without any.
    """
    mutant = _TOOLS[place.kind].mutated((ROOT / place.file).read_text(encoding="utf-8"), place.number)
    words = f"{place} line {place.line}: {mutant.words}"
    chosen = tests_of(place, tests)
    if not chosen:
        return f"unseen    {words}"
    try:
        (folder / place.file).write_text(mutant.text, encoding="utf-8")
        failed = failing(folder, place.kind, chosen)
    finally:
        shutil.copy2(ROOT / place.file, folder / place.file)
    if failed and failed not in sound:
        if failing(folder, place.kind, [failed]) is not None:
            sys.exit(f"{failed} fails without any mutant: fix it first")
        sound.add(failed)
    return f"{'survived' if failed is None else 'caught'}  {words}"


def copy_tree(folder: Path) -> None:
    """Copy what tests need; compiled bytecode would outlive a change within a second."""
    for part in ("rr_pipeline", "tests", "sql", "expectations", "docs"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("pyproject.toml", "CHANGELOG.md", "README.md"):
        shutil.copy(ROOT / file, folder)


def main() -> None:
    """Take a sample, or the one asked for, and print the survivors and the share that was caught."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--of", default=",".join(KINDS), help="kinds, such as python,sql")
    parser.add_argument("--only", help="file:number, as printed")
    wanted = parser.parse_args()
    places = {kind: places_of(kind) for kind in wanted.of.split(",")}
    chosen = sample(places, wanted.count, wanted.seed)
    if wanted.only:
        chosen = [one for of in places.values() for one in of if str(one) == wanted.only]
    tests = read_map() if any(one.kind != "core" for one in chosen) else None
    begun, ends, sound = time.monotonic(), Counter[tuple[str, str]](), set[str]()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        copy_tree(folder)
        for place in chosen:
            if time.monotonic() - begun > 60 * wanted.minutes:
                break
            told = try_one(folder, place, tests, sound)
            ends[place.kind, told.split()[0]] += 1
            if not told.startswith("caught"):
                print(told, flush=True)
    for kind, of in places.items():
        tried = {end: ends[kind, end] for end in ("caught", "survived", "unseen")}
        print(f"{kind}: {sum(tried.values())} of {len(of)} possible mutants tried: {tried}")


if __name__ == "__main__":
    main()
