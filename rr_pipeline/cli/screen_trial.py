"""What people see in a terminal of a look into delivered files: rendering only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rr_pipeline.cli.screen import out, show_problems, table_of
from rr_pipeline.cli.screen_grid import number

if TYPE_CHECKING:
    from rr_pipeline.runs.trial import ColumnRead, Trial


def show_trial(tried: Trial) -> None:
    """The rows looked at, columns with cells that cannot be read, and what a run would refuse."""
    if not tried.sources and not tried.files_refused:
        return
    looked = table_of(
        "\nWhat the files say", "source", "files", "rows", "set aside", right=("files", "rows", "set aside")
    )
    for read in tried.sources:
        looked.add_row(read.source, number(read.files), number(read.rows), number(read.refused))
    out.print(looked)
    if not tried.is_whole:
        out.print("  of large files the beginning, of many files of a source the last ones", markup=False)
    odd = [one for one in tried.columns if one.unread]
    if odd:
        numbers = ("filled", "unreadable")
        columns = table_of("\nCells that cannot be read", "source", "column", *numbers, "first", right=numbers)
        for one in odd:
            columns.add_row(one.source, one.column, number(one.filled), number(one.unread), _place(one))
        out.print(columns)
    empty = [f"{one.source}.{one.column}" for one in tried.columns if not one.filled]
    if empty:
        out.print(f"\nmapped columns without any value: {', '.join(empty)}", markup=False)
    show_problems("files would be refused", tried.files_refused)
    show_problems("sources of which no row, or too few, would be taken", tried.refused)
    show_problems("warnings about the files", tried.warnings)


def _place(one: ColumnRead) -> str:
    return "" if one.file_name is None else f"{one.file_name} row {one.row_number}"
