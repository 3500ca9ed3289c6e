"""The steps of a run in docs/architecture.md, written from what they declare (``make docs``).

Belongs here: rendering. Does not belong here: what a step reads or leaves (``steps.sequence``).
"""

from __future__ import annotations

import sys
from pathlib import Path
from textwrap import wrap

from rr_pipeline.pages import put_between
from rr_pipeline.steps.sequence import PARTS, Part

WIDTH = 120
BEGIN, END = "<!-- steps: written by make docs -->", "<!-- end of steps -->"


def render_steps() -> str:
    """A paragraph a step: what it does, reads and leaves."""
    return "\n".join(_step(number, part) for number, part in enumerate(PARTS))


def _step(number: int, part: Part) -> str:
    said = [f"**{part.name}**: {part.doing}."]
    said += [f"Reads {_names(part.reads)}."] if part.reads else []
    said += [f"Leaves {_names(part.leaves)}."] if part.leaves else []
    said += [f"May be cut by {part.by}."] if part.by else []
    lines = wrap(" ".join(said), WIDTH, initial_indent=f"{number}. ", subsequent_indent="   ", break_on_hyphens=False)
    return "\n".join(lines)


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def with_steps(page: str) -> str:
    """The page with the steps as they are now. Raises ValueError where it has no place for them."""
    return put_between(page, BEGIN, END, render_steps())


def main() -> None:
    """Write the steps into the page whose path is the only argument."""
    path = Path(sys.argv[1])
    path.write_text(with_steps(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
