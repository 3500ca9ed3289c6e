"""Run projects with a version of the package in which some modules read otherwise.

    python -m tests.tools.changed_modules '{"rr_pipeline.config.canonical": "canonical.py"}' folder ...

A process of its own: what follows from such modules is settled where others are imported. Kernels are not compiled
there where limits change, since machine code is kept by the text of the files that are installed.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import CodeType, ModuleType

TOP = Path(__file__).parents[2]


class _Finder(importlib.abc.MetaPathFinder):
    """Finds modules in other files than their own."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        found = importlib.machinery.PathFinder.find_spec(name, path) if name in self.texts else None
        if found is None or found.origin is None:
            return None
        return importlib.util.spec_from_loader(name, _Loader(name, found.origin, Path(self.texts[name])))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, changed: Path) -> None:
        super().__init__(name, path)
        self.changed = changed

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.changed.read_text(encoding="utf-8"), self.path, "exec")


def run_changed(texts: Mapping[str, str], folder: Path, *projects: Path, **environment: str) -> None:
    """Run each project once with modules that read so, in a process of its own. ``folder``: for the texts."""
    paths = {}
    for name, text in texts.items():
        paths[name] = str(folder / f"{name}.py")
        Path(paths[name]).write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "tests.tools.changed_modules", json.dumps(paths), *map(str, projects)]
    done = subprocess.run(
        command, cwd=TOP, env={**os.environ, **environment}, capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr


def text_of(module: str) -> str:
    """Text of a module of the package."""
    return (TOP / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def main() -> None:
    """Run each of the projects once."""
    sys.meta_path.insert(0, _Finder(json.loads(sys.argv[1])))
    from rr_pipeline.config import load_project
    from rr_pipeline.runs.run import run

    for folder in sys.argv[2:]:
        run(load_project(Path(folder)))


if __name__ == "__main__":
    main()
