"""What people see of restatements and what-ifs. Rendering only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape

from rr_pipeline.terminal import out, show_run

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.pipeline.restate import Restatement


def show_restatement(project: Project, done: Restatement) -> None:
    """The table of the run, and what differs from before."""
    show_run(project, done.run)
    out.print()
    out.print(f"[bold]Restated from {done.from_date}[/bold] ({escape(project.settings.time_zone)})")
    if not (done.superseded or done.items_changed or done.decisions_before != done.decisions_after):
        out.print(f"  Nothing changed: all {done.decisions_after:,} decisions from that day on came out as they were.")
        return
    kept = done.decisions_before - done.superseded
    out.print(f"  {done.decisions_before:,} decisions stood; {kept:,} stand, {done.superseded:,} were taken back")
    out.print(f"  {done.decisions_after:,} decisions stand now, {done.decisions_after - kept:,} of them new")
    out.print(f"  {done.items_changed:,} items ended elsewhere, {done.owners_changed:,} have another owner")
    out.print("  What was taken back: ops.superseded_decisions. All restatements: ops.restatements.")
