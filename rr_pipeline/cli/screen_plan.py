"""What people see of the plan of a run in a terminal: rendering only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from rr_pipeline.cli.screen import out

if TYPE_CHECKING:
    from rr_pipeline.views.plan import Plan, PlannedTable


def show_plan(plan: Plan) -> None:
    """The parts of a run in their order, each with what it reads and leaves."""
    for number, part in enumerate(plan.parts):
        out.print(f"{number:>2} {part.name}: {part.doing}", style="bold", markup=False)
        rows = [("reads", _names(part.reads)), ("leaves", _names(part.leaves)), ("may be cut by", part.by)]
        _show_pairs(rows)
    notes = (
        "<table> stands for each canonical table, <record> for account, contact, opportunity and user.",
        "A table without a schema is of one run only. To see one table: rr-pipeline plan TABLE",
    )
    out.print("\n" + "\n".join(notes), markup=False)


def show_planned_table(table: PlannedTable) -> None:
    """One table: what it is, what it is made of, and what reads it."""
    out.print(table.name, style="bold", markup=False)
    _show_pairs(
        [
            ("is", table.description),
            ("grain", table.grain),
            ("key", _names(table.key)),
            ("left by", table.step),
            ("made of", _names(table.reads)),
            ("read by", _names(table.read_by)),
            ("may be cut by", table.by),
        ]
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(names)


def _show_pairs(rows: Iterable[tuple[str, str]]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(width=13)
    table.add_column(overflow="fold")
    for what, text in rows:
        if text:
            table.add_row(what, Text(text))
    out.print(Padding(table, (0, 0, 0, 3)))
