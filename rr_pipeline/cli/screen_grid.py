"""Tables of counts for terminals of any width: every block of columns has the names of its rows beside it.

Belongs here: how such a table is cut into blocks. Does not belong here: what is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table

GAP = 2
"""Letters between two columns."""

LEAST_LABEL = 12
"""Letters that names of rows have at least, where they need more than half of the width."""


@dataclass(frozen=True)
class Line:
    """One row: its name and its counts, one for each column."""

    label: str
    counts: tuple[int, ...]
    is_total: bool = False


def number(value: int | None) -> str:
    """A count as it is shown; nothing stands out less than something."""
    return f"{value:,}" if value else "·"


def show_grid(console: Console, title: str, label: str, columns: Sequence[str], lines: Sequence[Line]) -> None:
    """Print the counts under ``title``, the rows' names in a column called ``label``.

    Columns that do not fit beside each other follow in further blocks, each with the names again. Names too long for
    half of the width are broken over lines, never cut off.
    """
    widths = [max(cell_len(name), *(len(number(line.counts[n])) for line in lines)) for n, name in enumerate(columns)]
    longest = max(cell_len(text) for text in (label, *(line.label for line in lines)))
    beside = max(widths) + GAP
    label_width = min(longest, max(LEAST_LABEL, console.width // 2, console.width - sum(widths) - GAP * len(widths)))
    label_width = max(1, min(label_width, console.width - beside))
    for position, block in enumerate(_blocks(widths, console.width - label_width)):
        table = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
        table.add_column(label, width=label_width, overflow="fold")
        for n in block:
            table.add_column(columns[n], justify="right", no_wrap=True, min_width=widths[n])
        for line in lines:
            counts = (number(line.counts[n]) for n in block)
            table.add_row(escape(line.label), *counts, style="bold" if line.is_total else None)
        console.print(f"\n[bold]{escape(title)}[/bold]" if position == 0 else "")
        console.print(table)


def _blocks(widths: Sequence[int], room: int) -> list[list[int]]:
    """Places of the columns, as many in a block as ``room`` holds with their gaps, and at least one."""
    blocks: list[list[int]] = [[]]
    used = 0
    for place, width in enumerate(widths):
        if blocks[-1] and used + GAP + width > room:
            blocks.append([])
            used = 0
        blocks[-1].append(place)
        used += GAP + width
    return blocks
