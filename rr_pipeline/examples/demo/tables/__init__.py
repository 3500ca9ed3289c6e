"""Word lists of the demo, as CSV files beside this module.

Belongs here: data that people may want to edit, one file a list. Does not belong here: what the words are used for.
"""

from __future__ import annotations

import csv
from importlib import resources


def rows(name: str) -> list[dict[str, str]]:
    """Return the rows of a list of this package, by column."""
    text = resources.files(__name__).joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
