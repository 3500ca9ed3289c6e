"""Data sets of others, which this tree does not carry: the folder that ``RR_DATA_SETS`` names, or the one beside it.

A test that needs one is marked ``data_set`` and is an extra: what it is about is tested on files of our own too.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDER = Path(os.environ.get("RR_DATA_SETS") or ROOT.parent / "shared" / "data")
SAMPLES = ROOT / "tests" / "samples"


def is_there(name: str) -> bool:
    """Whether a data set's file or folder is there."""
    return (FOLDER / name).exists()


def files_of(*folders: str) -> list[str]:
    """Names of the CSV files in these folders: none where they are not there."""
    found = (path for folder in folders for path in (FOLDER / folder).rglob("*.csv"))
    return sorted(path.relative_to(FOLDER).as_posix() for path in found)


def extra(*values: Any, needs: str, id: str) -> Any:
    """A parameter that needs a data set."""
    return pytest.param(*values, id=id, marks=pytest.mark.data_set(needs))


def data_set(*names: str) -> Callable[[Any], Any]:
    """Mark a test that needs these files or folders."""
    return pytest.mark.data_set(*names)
