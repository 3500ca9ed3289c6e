"""Run projects with a version of the package that has more canonical columns, each added as the one entry it takes.

    python -m tests.tools.more_columns '{"items": ["Column(\\"region\\", \\"text\\", \\"sales region\\")"]}' folder ...

A process of its own: what follows from the columns is settled where modules are imported.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

CANONICAL = "rr_pipeline.config.canonical"


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module of canonical columns in another text than that of its file."""

    def __init__(self, entries: dict[str, list[str]]) -> None:
        self.entries = entries

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != CANONICAL:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        origin = found.origin if found is not None else None
        if origin is None:
            raise ImportError(name)
        return importlib.util.spec_from_loader(name, _Loader(name, origin, self.entries))


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, name: str, path: str, entries: dict[str, list[str]]) -> None:
        super().__init__(name, path)
        self.entries = entries

    def get_code(self, fullname: str):  # type: ignore[no-untyped-def]
        return compile(with_entries(Path(self.path).read_text(encoding="utf-8"), self.entries), self.path, "exec")


def with_entries(text: str, entries: dict[str, list[str]]) -> str:
    """The module's text with entries at the end of their tables."""
    for table, added in entries.items():
        place = text.index(f'    "{table}": (\n')
        end = text.index("\n    ),\n", place)
        text = text[:end] + "".join(f"\n        {entry}," for entry in added) + text[end:]
    return text


def main() -> None:
    """Run each of the projects once."""
    sys.meta_path.insert(0, _Finder(json.loads(sys.argv[1])))
    from rr_pipeline.config import load_project
    from rr_pipeline.runs.run import run

    for folder in sys.argv[2:]:
        run(load_project(Path(folder)))


if __name__ == "__main__":
    main()
