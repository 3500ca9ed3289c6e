"""What people see of policy versions in a terminal: rendering only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rr_pipeline.cli.screen import out

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.config.policy import PolicyVersion
    from rr_pipeline.config.policy_diff import Change
    from rr_pipeline.views.policy_list import VersionLine

_HEADER = ("version", "effective_from")
"""Settings that the title shows already."""


def show_versions(project: Project, versions: Sequence[VersionLine]) -> None:
    """The versions of a project, in order."""
    table = Table(
        title=f"Policy versions of {escape(project.settings.name)}", title_justify="left", title_style="bold", box=None,
        pad_edge=False,
    )  # fmt: skip
    for column in ("version", "in force from", "state", "decisions", "first run", "file"):
        table.add_column(column, justify="right" if column == "decisions" else "left", overflow="fold")
    for one in versions:
        table.add_row(
            one.version, f"{one.effective_from:%Y-%m-%d %H:%M} UTC", one.state, f"{one.decision_count:,}",
            one.first_run_id or "", escape(one.file),
        )  # fmt: skip
    out.print(table)


def show_changes(before: PolicyVersion, after: PolicyVersion, changes: Sequence[Change]) -> None:
    """What differs between two versions, a line each, under what it is about."""
    told = [change for change in changes if change.path not in _HEADER]
    for sign, one in (("from", before), ("to", after)):
        out.print(
            f"{sign:<5}{one.version} ({one.file}), in force from {one.effective_from:%Y-%m-%d %H:%M} UTC", markup=False
        )
    if not told:
        out.print("\nThe two say the same.")
        return
    out.print(f"\n[bold]{len(told)} difference{'s' if len(told) > 1 else ''}[/bold]")
    section = ""
    for change in told:
        about = change.path.partition(".")[0]
        if about != section:
            section = about
            out.print(f"\n{about.replace('_', ' ')}", style="bold", markup=False)
        out.print(f"  {change.text}", markup=False, soft_wrap=True)
