"""What people see in a terminal: progress while a run works, tables when it is done.

Belongs here: rendering only. Everything shown comes ready in plain values.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from rr_pipeline.cli.options import say
from rr_pipeline.cli.screen_grid import Line, number, show_grid
from rr_pipeline.core.vocabulary import words
from rr_pipeline.errors import Problem, visible

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.examples.demo import DemoSummary
    from rr_pipeline.session.results import RunReport
    from rr_pipeline.views.preview import Preview


class _Shown(Console):
    """A console that steers the terminal itself and lets no text do so: names come from files."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(visible(text), **options)


out = _Shown(highlight=False)
err = _Shown(stderr=True, highlight=False)
MOST_OWNERS = 30
MOST_PROBLEMS = 20

ProgressCallback = Callable[[str, int, int | None], None]


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[ProgressCallback]:
    """Show what is being done on stderr: a live line in a terminal, a line a step elsewhere."""
    if quiet:
        yield lambda _what, _done, _of: None
    elif err.is_terminal:
        yield from _live()
    else:
        yield from _lines()


def _live() -> Iterator[ProgressCallback]:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bars:
        task = bars.add_task("starting", total=None)

        def show(what: str, done: int, of: int | None) -> None:
            bars.update(task, description=escape(what), completed=done, total=of or None)

        yield show


def _lines() -> Iterator[ProgressCallback]:
    shown_at = time.monotonic()

    def show(what: str, done: int, of: int | None) -> None:
        nonlocal shown_at
        now = time.monotonic()
        # A line for each step, and one every few seconds of a long one: readable in a log.
        if of is not None and now - shown_at < 5:
            return
        shown_at = now
        err.print(f"  {what}{f' {done:,} of {of:,}' if of else ''}", markup=False)

    yield show


def table_of(title: str, *columns: str, right: Sequence[str] = ()) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold", box=None, pad_edge=False)
    for column in columns:
        is_number = column in right
        table.add_column(column, justify="right" if is_number else "left", no_wrap=is_number, overflow="fold")
    return table


def show_run(project: Project, done: RunReport) -> None:
    """The end of a run: what came in, how it ended, who got what, what was refused, where to look next."""
    if done.run_id is None:
        say(f"{project.settings.name}: {done.message}")
        show_problems("files refused", done.problems)
        return
    head = f"{done.run_id} of {project.settings.name}: {done.status}"
    until = f", deciding until {done.until:%Y-%m-%d %H:%M:%S} UTC" if done.until != done.as_of else ""
    from rr_pipeline.steps.run_instant import UNDATED

    as_of = ", no dated row yet" if done.as_of == UNDATED else f" as of {done.as_of:%Y-%m-%d %H:%M:%S} UTC{until}"
    out.print(f"\n[bold]{escape(head)}[/bold]{as_of}")
    _show_feeds(done)
    _show_owners(done)
    _show_follow_up(done)
    _show_afterwards(done)
    _show_refused(done)
    show_problems("files refused", done.problems)
    show_problems("warnings", done.warnings)
    _show_next(project, done)


def _show_feeds(done: RunReport) -> None:
    names = words("item_outcomes")
    columns = ["files", "rows in", *names, "repeated", "waiting"]
    lines = [
        (feed.files, feed.rows, *(feed.outcomes[name] for name in names), feed.repeated, feed.waiting)
        for feed in done.feeds
    ]
    if any(feed.left_out for feed in done.feeds):
        columns.append("left out")
        lines = [(*counts, feed.left_out) for counts, feed in zip(lines, done.feeds, strict=True)]
    labels = [feed.source for feed in done.feeds]
    _show_counts("What came in, and how it ended", "source", columns, labels, lines)


def _show_counts(
    title: str, label: str, columns: Sequence[str], labels: Sequence[str], counted: Sequence[tuple[int, ...]]
) -> None:
    """A row a label, and their sums where there are several."""
    lines = [Line(text, counts) for text, counts in zip(labels, counted, strict=True)]
    if len(lines) > 1:
        lines.append(Line("all", tuple(sum(counts) for counts in zip(*counted, strict=True)), is_total=True))
    if lines:
        show_grid(out, title, label, columns, lines)


def _show_owners(done: RunReport) -> None:
    if not done.owners:
        return
    title = f"\nWho got what: {done.decisions:,} decisions of the rotation"
    table = table_of(title, "pool", "member", "assigned", "fair share", right=("assigned", "fair share"))
    before = None
    for owner in done.owners[:MOST_OWNERS]:
        pool = owner.pool_id if owner.pool_id != before else ""
        table.add_row(escape(pool), escape(owner.member_id), number(owner.assigned), f"{owner.fair_share:,.1f}")
        before = owner.pool_id
    out.print(table)
    if len(done.owners) > MOST_OWNERS:
        out.print(f"… and {len(done.owners) - MOST_OWNERS} more members: see marts.mart_fairness", markup=False)


_FOLLOW_UP = {
    "events": "activities and closings that count",
    "breached": "targets missed",
    "reassigned": "items given to another owner",
    "failed_over": "times sent on to another pool",
    "queued": "times put in a queue",
    "weak_keys": "addresses that prove nothing alone (ops.weak_keys)",
    "stayed_with_owner": "items that stayed with their person's owner",
    "withdrawn": "items closed while they waited",
}


def _show_follow_up(done: RunReport) -> None:
    counts = {text: done.follow_up.get(name, 0) for name, text in _FOLLOW_UP.items()}
    if not any(counts.values()):
        return
    table = table_of("\nWhat else happened", "what", "count", right=("count",))
    for text, count in counts.items():
        if count:
            table.add_row(text, f"{count:,}")
    out.print(table)


def _show_afterwards(done: RunReport) -> None:
    if not any(line.touched or line.met or line.missed or line.running or line.moved_on for line in done.afterwards):
        return
    names = ("owned", "touched", "in time", "missed", "running", "reassigned", "queued")
    counted = [astuple(line)[1:] for line in done.afterwards]
    pools = [line.pool_id or "kept by their owners" for line in done.afterwards]
    _show_counts("After the assignment, as far as activities tell", "pool", names, pools, counted)
    totals = [sum(counts) for counts in zip(*counted, strict=True)]
    met, missed = totals[2:4]
    if met + missed:
        out.print(f"{met / (met + missed):.0%} of the targets that are decided were met.", markup=False)


def _show_refused(done: RunReport) -> None:
    if not (done.refused or done.warning_counts):
        return
    table = table_of(
        "\nRows set aside, and rows accepted with a warning", "what", "source", "code", "rows", right=("rows",)
    )
    for source, code, count in done.refused[:MOST_PROBLEMS]:
        table.add_row("set aside", source, code, f"{count:,}")
    for source, code, count in done.warning_counts[:MOST_PROBLEMS]:
        table.add_row("warning", source, code, f"{count:,}")
    out.print(table)


def show_problems(title: str, problems: Sequence[Problem]) -> None:
    """Problems under a title, the first of many; nothing where there are none."""
    if not problems:
        return
    out.print(f"\n[bold]{title}: {len(problems)}[/bold]")
    for problem in problems[:MOST_PROBLEMS]:
        out.print(f"  {problem}", markup=False, soft_wrap=True)
    if len(problems) > MOST_PROBLEMS:
        out.print(f"  … and {len(problems) - MOST_PROBLEMS} more", markup=False)


def _show_next(project: Project, done: RunReport) -> None:
    total = sum(done.seconds.values())
    slowest = sorted(done.seconds.items(), key=lambda item: -item[1])[:3]
    spent = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in slowest)
    out.print(f"\n{total:.1f} s in all ({spent}). {done.held_total:,} items are held.", markup=False)
    published = f"{project.settings.paths.published}/routing.duckdb"
    out.print("\n[bold]Where to look next[/bold]")
    out.print(f"  {published}: marts.fct_items, marts.fct_decisions, marts.mart_fairness, ops.quarantine", markup=False)
    out.print("  rr-pipeline explain ITEM: why an item went where it went", markup=False)


def show_preview(found: Preview) -> None:
    """What check found: config in short and what a run would read."""
    project = found.project
    out.print(f"[bold]{escape(project.settings.name)}[/bold]: config is in order", highlight=False)
    table = table_of("\nPolicies", "version", "in force from", "pools", "members", "territories")
    for policy in project.policies:
        members = len({member.user for pool in policy.pools for member in pool.members})
        starts = f"{policy.effective_from:%Y-%m-%d %H:%M} UTC"
        table.add_row(policy.version, starts, str(len(policy.pools)), str(members), str(len(policy.territories)))
    out.print(table)
    sources = table_of("\nWhat a run would read", "source", "feeds", "format", "files", right=("files",))
    for source in project.sources:
        feeds = f"{source.table} ({source.object_type})" if source.object_type else source.table
        sources.add_row(source.name, feeds, source.format, number(len(found.files[source.name])))
    out.print(sources)
    if found.token_count:
        out.print(f"\n{found.token_count} skip and redo tokens in exceptions.csv")
    if found.unmatched:
        names = ", ".join(found.unmatched[:8])
        out.print(f"\n{len(found.unmatched)} files that no source reads: {names}", markup=False)
    if found.absent:
        out.print(f"\nsources without files: {', '.join(found.absent)}", markup=False)
    show_problems("files would be refused", found.problems)
    show_problems("warnings", found.warnings)
    if found.new_defaults:
        out.print("\n[bold]new defaults, from the next run on[/bold]")
        for text in found.new_defaults:
            out.print(f"  {text}", markup=False, soft_wrap=True)


def show_demo(folder: Path, summary: DemoSummary) -> None:
    """What the demo generator wrote: files by source, and the kinds of trouble planted in them."""
    out.print(f"demo project in {folder}: {summary.items:,} items over {summary.days} days, seed {summary.seed}\n")
    feeds: dict[str, list[int]] = {}
    for file in summary.files:
        feeds.setdefault(file.source, []).append(file.row_count)
    table = table_of("What was written to landing/", "source", "files", "rows", right=("files", "rows"))
    for source, counts in sorted(feeds.items()):
        table.add_row(source, str(len(counts)), f"{sum(counts):,}")
    out.print(table)
    planted = {"bad or odd cells and rows": summary.spoilt, "duplicates": summary.duplicates}
    for what, kinds in planted.items():
        out.print(f"planted: {sum(kinds.values()):,} {what}, of {len(kinds)} kinds", markup=False)
    _show_commands(folder)


def show_starter(folder: Path) -> None:
    """What to do with a new project."""
    out.print(
        f"new project in {folder}: read project.yaml, sources.yaml and policies/ and make them yours", markup=False
    )
    _show_commands(folder)


def _show_commands(folder: Path) -> None:
    option = "" if folder.resolve() == Path.cwd() else f" --project {folder}"
    out.print(f"\nnext:  rr-pipeline check{option}\n       rr-pipeline run{option}", markup=False)
