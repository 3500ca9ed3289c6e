"""What people see of restatements and what-ifs. Rendering only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from rr_pipeline.cli.screen import out, show_run
from rr_pipeline.cli.screen_grid import number

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.runs.backfill import Restatement
    from rr_pipeline.runs.compare import Comparison
    from rr_pipeline.runs.shadow import Shadow

MOST = 12
"""Rows shown of a table; the file has all."""

Row = Mapping[str, Any]


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


def show_shadow(project: Project, shadow: Shadow, found: Comparison) -> None:
    """What a shadow did, next to what was decided."""
    policy = f"policy {shadow.policy}" if shadow.policy else "the project's policies"
    days = f"{shadow.days.first} to {shadow.days.last}"
    out.print(f"[bold]Shadow {shadow.name}[/bold]: {days} under {escape(policy)}. Nothing else was touched.")
    show_comparison(project, found)
    out.print(f"  Its tables: {escape(str(shadow.side().path.relative_to(project.folder)))}")


def show_comparison(project: Project, found: Comparison) -> None:
    """Both sides of a comparison, table by table."""
    _totals(found)
    if not _has_differences(found):
        out.print("\nBoth sides are the same in all of this.")
    else:
        _members(found)
        _reasons(found)
        _waits(found)
    _sla(found)
    out.print("\nWhere to look next")
    path = found.path.relative_to(project.folder)
    out.print(f"  {escape(str(path))}: compare.items (who would have got what), members, reasons, waits, sla, totals")


def _has_differences(found: Comparison) -> bool:
    names = ("totals", "members", "reasons")
    return any(row["difference_count"] for name in names for row in found.tables[name]) or bool(
        found.total("items with another owner")["other_count"]
    )


def _sides(title: str, found: Comparison, *keys: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim")
    for key in keys:
        table.add_column(key)
    for name in (found.one, found.other):
        table.add_column(name, justify="right")
    return table


def _change(value: Any) -> str:
    return "·" if value in (None, 0) else f"{value:+,}"


def _percent(value: Any) -> str:
    return "·" if value is None else f"{100 * value:.1f} %"


def _span(seconds: Any) -> str:
    if seconds is None:
        return "·"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _most_changed(rows: Sequence[Row]) -> list[Row]:
    changed = [row for row in rows if row["difference_count"]]
    return sorted(changed, key=lambda row: -abs(row["difference_count"]))[:MOST]


def _totals(found: Comparison) -> None:
    table = _sides("In all", found, "")
    table.add_column("difference", justify="right")
    for row in found.tables["totals"]:
        counts = (number(row["one_count"]), number(row["other_count"]), _change(row["difference_count"]))
        table.add_row(row["measure"], *counts)
    out.print(table)


def _members(found: Comparison) -> None:
    rows = _most_changed(found.tables["members"])
    if rows:
        table = _sides("Who would have got more or less (items, share of the pool)", found, "pool", "member")
        for row in rows:
            cells = (
                f"{number(row[f'{side}_assigned_count'])}  {_percent(row[f'{side}_assigned_share'])}"
                for side in ("one", "other")
            )
            table.add_row(escape(row["pool_id"]), escape(row["member_id"]), *cells)
        out.print(table)


def _reasons(found: Comparison) -> None:
    rows = _most_changed(found.tables["reasons"])
    if rows:
        table = _sides("Why members were passed over (decisions)", found, "pool", "member", "reason")
        for row in rows:
            names = (escape(row["pool_id"]), escape(row["member_id"]), row["reason"])
            table.add_row(*names, number(row["one_count"]), number(row["other_count"]))
        out.print(table)


def _waits(found: Comparison) -> None:
    rows = found.tables["waits"][:MOST]
    if rows:
        table = _sides("Nobody could take them (times, median wait)", found, "pool", "step", "nearest reason")
        for row in rows:
            cells = (
                f"{number(row[f'{side}_count'])}  {_span(row[f'{side}_wait_p50_seconds'])}" for side in ("one", "other")
            )
            table.add_row(escape(row["pool_id"]), row["kind"], row["nobody_reason"] or "·", *cells)
        out.print(table)


def _sla(found: Comparison) -> None:
    rows = [row for row in found.tables["sla"] if row["one_given_count"] or row["other_given_count"]][:MOST]
    if not rows:
        return
    table = _sides("Targets met (of those due)", found, "of", "")
    for row in rows:
        rates = (_percent(row["one_compliance_rate"]), _percent(row["other_compliance_rate"]))
        table.add_row(row["attribute"], escape(row["value"] or "·"), *rates)
    out.print(table)
    unseen = sum(row["other_unseen_count"] for row in rows if row["attribute"] == "all")
    if unseen:
        out.print(
            f"  {unseen:,} misses of {escape(found.other)} are of items that {escape(found.one)} gave to others:\n"
            "  when that owner would have touched them nobody knows, so they count as untouched."
        )
