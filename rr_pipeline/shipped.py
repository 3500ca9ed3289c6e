"""Where the files that travel with the package are: SQL and expectation suites.

In a checkout they stand at the top of the tree, for their readers; in a wheel they lie inside the package.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def _shipped(name: str) -> Path:
    for folder in (PACKAGE / name, PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f"the {name}/ folder of rr_pipeline is missing: reinstall the package")


@cache
def sql_folder() -> Path:
    """Folder with ``<layer>/<table>.sql``, one SELECT a file."""
    return _shipped("sql")


@cache
def expectations_folder() -> Path:
    """Folder with one Great Expectations suite a table."""
    return _shipped("expectations")
