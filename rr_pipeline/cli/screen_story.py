"""What people see of the story of an item in a terminal: rendering only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from rr_pipeline.cli.screen import out

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.views.explain import Decision, Step, Story


def show_stories(project: Project, stories: Sequence[Story]) -> None:
    """Each item in plain words: what happened, in the local time of whom it concerns, and everybody considered."""
    from rr_pipeline.views.explain import local_text

    for story in stories:
        item = story.item
        out.print(f"\n[bold]{escape(str(item['object_type'] or 'item'))} {escape(str(item['item_id']))}[/bold]"
                  f" from {escape(item['source'])}")  # fmt: skip
        out.print(f"  created {local_text(project, item['created_at'])}", markup=False)
        out.print(f"  {story.outcome_words}", markup=False)
        for step in story.steps:
            _show_step(project, step)
            decision = story.decision(step.decision_seq)
            if decision is not None:
                _show_decision(decision)


def _show_step(project: Project, step: Step) -> None:
    from rr_pipeline.views.explain import both_texts

    out.print(f"\n  [bold]{step.step_no}.[/bold] {escape(both_texts(project, step.happened_at, step.time_zone))}")
    out.print(f"     {step.in_words}", markup=False, soft_wrap=True)
    if step.due_at is not None:
        word = "was due" if step.due_at <= step.happened_at else "first touch due"
        out.print(f"     {word}: {both_texts(project, step.due_at, step.time_zone)}", markup=False)
    if step.counted_at is not None:
        out.print(f"     counts from: {both_texts(project, step.counted_at, step.time_zone)}", markup=False)


def _show_decision(decision: Decision) -> None:
    has_load = any(member.open_count is not None for member in decision.considered)
    table = Table(
        title=escape(f"     {decision.kind} in {decision.pool_id}, policy {decision.policy_version}"),
        title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold",
    )  # fmt: skip
    numbers = ("weight", *(("open",) if has_load else ()), "owed", "with share")
    for column in ("     ", "member", *numbers, "why"):
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=column in numbers)
    for member in decision.considered:
        load = f"{member.open_count} of {member.max_open or '∞'}" if has_load else None
        owed = (f"{member.balance_turns:+.3f}", f"{member.claim_turns:+.3f}")
        table.add_row(
            "    →" if member.is_winner else "", escape(member.member_id), str(member.weight),
            *([load] if load is not None else []), *owed, member.in_words,
            style="bold" if member.is_winner else None,
        )  # fmt: skip
    out.print(table)
