"""The canonical columns as docs/configuration.md lists them, between its two marks (``make docs``)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap

from rr_pipeline.config.canonical import COLUMNS, Kind
from rr_pipeline.pages import put_between

FIRST, LAST = "<!-- columns: written by make docs -->", "<!-- end of columns -->"
WIDTH = 120
KINDS: tuple[tuple[tuple[Kind, ...], str], ...] = (
    (("number", "whole"), "Numbers"),
    (("time",), "Times"),
    (("switch",), "Switches"),
    (("words",), "Several values in one cell"),
)


def render_columns() -> str:
    """Return the list: of each table the columns that must be mapped, a bar, and the others; then those that are read
    as more than text."""
    return "\n".join(line for entry in _entries() for line in wrap(entry, WIDTH, subsequent_indent="  "))


def _entries() -> Iterator[str]:
    for table, columns in COLUMNS.items():
        needed, others = ([one.name for one in columns if one.is_required is must] for must in (True, False))
        yield f"- `{table}`: {', '.join(needed)} | {', '.join(others)}"
    for kinds, title in KINDS:
        names = dict.fromkeys(one.name for columns in COLUMNS.values() for one in columns if one.kind in kinds)
        yield f"- {title}: {', '.join(names)}"


def put_into(page: str) -> str:
    """Return a page with the list between the marks. Raises ValueError where the page has none."""
    return put_between(page, FIRST, LAST, render_columns())


def main() -> None:
    """Write the list into the page given as the only argument."""
    path = Path(sys.argv[1])
    path.write_text(put_into(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
