"""What people see of where a project stands: rendering only."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rr_pipeline.cli.screen import out
from rr_pipeline.core.limits import WINDOWS

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.maintenance.restore import Restored
    from rr_pipeline.views.project_state import MemberState, PoolState, ProjectState


def show_state(project: Project, state: ProjectState) -> None:
    """Where the project stands, then each pool."""
    out.print(f"[bold]{escape(project.settings.name)}[/bold] after {state.run_id}, of {state.runs:,} runs")
    out.print(f"  final up to {_instant(project, state.frontier)} (the frontier)", markup=False)
    out.print(f"  policy {state.policy_version} is in force there", markup=False)
    for pool in state.pools:
        _show_pool(project, pool)
    out.print(
        "\nBalances are in turns: + is owed, - is ahead; a pool sums to zero. Counts, with limits, are of the windows "
        "the frontier is in.",
        style="dim",
    )


def show_restored(done: Restored) -> None:
    """What stands in the warehouse's place now, and what comes next."""
    for name in done.skipped:
        out.print(f"passed over: {name} is not whole", markup=False)
    for name in done.set_aside:
        out.print(f"set aside: {name}", markup=False)
    if done.run_id is None:
        out.print(f"the next run starts again, from all that {done.source}/ holds", markup=False)
    else:
        out.print(f"the warehouse is {done.source} again: {done.run_id}, final up to {done.frontier}; published",
                  markup=False, soft_wrap=True)  # fmt: skip
    if done.later_files:
        out.print(f"{done.later_files:,} files taken up since then are read again by the next run", markup=False)
    if done.missing_files:
        names = ", ".join(done.missing_files[:5])
        out.print(f"of these {len(done.missing_files):,} are not in landing/ any more; put them back first: {names}",
                  markup=False, soft_wrap=True, style="bold")  # fmt: skip
    out.print("next:  rr-pipeline run")


def _show_pool(project: Project, pool: PoolState) -> None:
    title = f"\n{pool.pool_id}"
    table = Table(title=escape(title), title_justify="left", title_style="bold", header_style="bold", box=None,
                  pad_edge=False)  # fmt: skip
    table.add_column("member")
    for column in ("weight", "balance", *(one.words if one.is_total else one.span for one in WINDOWS), "open"):
        table.add_column(column, justify="right", no_wrap=True)
    for member in pool.members:
        weight = "left" if member.weight is None else str(member.weight)
        opened = _count(member.open_count, member.max_open)
        table.add_row(escape(member.member_id), weight, _turns(member), *_windows(member), opened)
    if pool.members:
        out.print(table)
    else:
        out.print(title, style="bold", markup=False)
    for pause in pool.pauses:
        who = f"{pause.member_id} is" if pause.member_id else "the pool is"
        ends = _instant(project, pause.until) if pause.until else "`rr-pipeline resume`"
        out.print(f"  {who} paused until {ends}", markup=False, soft_wrap=True)
    if pool.held_count:
        ends = f", the next step about one {_instant(project, pool.hold_ends)}" if pool.hold_ends else ""
        out.print(
            f"  {pool.held_count:,} held, since {_instant(project, pool.held_since)}{ends}",
            markup=False,
            soft_wrap=True,
        )
    if pool.clock_count:
        due = _instant(project, pool.next_due)
        clocks = "clock runs" if pool.clock_count == 1 else "clocks run"
        out.print(f"  {pool.clock_count:,} {clocks}, due first {due}", markup=False, soft_wrap=True)
    for token in pool.tokens:
        until = f", until {_instant(project, token['expires_at'])}" if token["expires_at"] else ""
        out.print(
            f"  unused {token['kind']} of {token['member_id']} ({token['token_id']}){until}",
            markup=False,
            soft_wrap=True,
        )


def _turns(member: MemberState) -> str:
    # Less than half a hundredth of a turn is shown as what it is next to: nothing.
    turns = round(member.balance_turns, 2)
    return f"{turns:+.2f}" if turns else "0"


def _windows(member: MemberState) -> list[str]:
    return [_count(member.given[one.setting], member.limits.get(one.setting)) for one in WINDOWS]


def _count(count: int, most: int | None) -> str:
    if most is None:
        return f"{count:,}" if count else "·"
    return f"{count:,} of {most:,}"


def _instant(project: Project, instant: datetime | None) -> str:
    from rr_pipeline.views.explain import local_text

    return local_text(project, instant)
