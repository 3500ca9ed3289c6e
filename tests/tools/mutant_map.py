"""Which test files run which lines of the package and which SQL files: recorded once, kept in a cache folder.

    python -m tests.tools.mutant_map [tests/e2e ...]

It is a plugin of pytest too (``-p tests.tools.mutant_map``), which does the recording in the tests' own process. What
a process of its own runs is not seen; such a test is no good choice for a mutant anyway.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from coverage import Coverage

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".mutants"
RECORD = "RR_MUTANT_MAP"


@dataclass(frozen=True)
class LineMap:
    """Source file -> line -> test files (an SQL file has line 0 alone), and the seconds of each test file.

    A file that has ``changed`` since has the tests of all its lines on each.
    """

    lines: dict[str, dict[int, list[str]]]
    seconds: dict[str, float]
    changed: frozenset[str] = frozenset()

    @cached_property
    def breadth(self) -> Counter[str]:
        """How many source files a test file has to do with."""
        return Counter(test for of in self.lines.values() for test in {one for tests in of.values() for one in tests})

    def tests_of(self, file: str, line: int) -> list[str]:
        """Test files that run a line: those about little else and those that cost little first."""
        known = self.lines.get(file, {})
        every = {one for tests in known.values() for one in tests}
        seen = every if file in self.changed else known.get(line, known.get(0, []))
        cost = {name: self.breadth[name] * self.seconds.get(name, 0) for name in seen}
        return sorted(cost, key=lambda name: (cost[name], name))


def read_map() -> LineMap:
    """Read what was recorded; exits with what to do where nothing was."""
    try:
        told = json.loads((FOLDER / "map.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        sys.exit("no test was recorded yet: python -m tests.tools.mutant_map [tests/e2e ...]")
    files = told["files"]
    lines = {
        name: {int(line): [files[one] for one in used] for line, used in of.items()}
        for name, of in told["lines"].items()
    }
    changed = frozenset(name for name, digest in told["digests"].items() if _digest(name) != digest)
    return LineMap(lines, told["seconds"], changed)


def _digest(file: str) -> str:
    path = ROOT / file
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else ""


class _Recorder:
    """Coverage with a context for each test file, and the SQL files whose statements each of them ran."""

    def __init__(self) -> None:
        source = [str(ROOT / "rr_pipeline")]
        self.coverage = Coverage(data_file=None, source=source, omit=["*/core/*"], config_file=False, messages=False)
        self.sql: dict[str, set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = defaultdict(float)
        self.test = ""
        self._watch_sql()
        self.coverage.start()

    def _watch_sql(self) -> None:
        """Have SQL files note who asks for their statement; headers are read by every run."""
        from rr_pipeline.warehouse import sql_files

        real, recorder = sql_files.read_sql, self

        class Told(sql_files.SqlFile):
            @property
            def statement(self) -> str:  # type: ignore[override]
                if recorder.test:
                    recorder.sql[self.__dict__["place"]].add(recorder.test)
                return str(self.__dict__["statement"])

        def read_sql(layer: str, table: str) -> Any:
            told = object.__new__(Told)
            told.__dict__.update(vars(real(layer, table)), place=f"sql/{layer}/{table}.sql")
            return told

        sql_files.read_sql = read_sql

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.test = item.location[0]
        self.coverage.switch_context(self.test)
        begun = time.perf_counter()
        yield
        self.seconds[self.test] += time.perf_counter() - begun

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines: dict[str, dict[int, list[str]]] = {name: {0: sorted(tests)} for name, tests in self.sql.items()}
        for file in data.measured_files():
            contexts = data.contexts_by_lineno(file)
            lines[Path(file).relative_to(ROOT).as_posix()] = {
                line: sorted(one for one in tests if one) for line, tests in contexts.items() if any(tests)
            }
        files = sorted(self.seconds)
        number = {name: place for place, name in enumerate(files)}
        told = {
            "files": files,
            "digests": {name: _digest(name) for name in sorted(lines)},
            "seconds": {name: round(seconds, 2) for name, seconds in sorted(self.seconds.items())},
            "lines": {
                name: {line: [number[one] for one in tests] for line, tests in sorted(of.items())}
                for name, of in sorted(lines.items())
            },
        }
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / "map.json").write_text(json.dumps(told), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Record, where that is asked for."""
    if os.environ.get(RECORD):
        config.pluginmanager.register(_RECORDER, "mutant-map")


# Made when this is imported as a plugin, which is before anything of the package is.
_RECORDER = _Recorder() if os.environ.get(RECORD) else None


def record(tests: Sequence[str]) -> int:
    """Run tests and keep the map; returns pytest's exit code."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.tools.mutant_map", "-p", "no:cacheprovider"]
    return subprocess.call(
        [*command, "-m", "not slow", *(tests or ["tests"])], cwd=ROOT, env={**os.environ, RECORD: "1"}
    )


if __name__ == "__main__":
    sys.exit(record(sys.argv[1:]))
