"""What people see of the outbox in a terminal: rendering only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.table import Table

from rr_pipeline.cli.screen import out

if TYPE_CHECKING:
    from rr_pipeline.config import Project
    from rr_pipeline.outbox.send import SendReport


def show_messages(project: Project, messages: Sequence[Mapping[str, Any]], count: int) -> None:
    """Messages, the newest first."""
    from rr_pipeline.views.explain import local_text

    if not count:
        kinds = project.settings.outbox.messages
        hint = "" if kinds else " Which kinds runs write is said by outbox.messages in project.yaml: none so far."
        out.print(f"no messages.{hint}", markup=False)
        return
    table = Table(title=f"{count:,} messages", title_justify="left", title_style="bold", box=None, pad_edge=False)
    for column in ("message", "happened", "kind", "item", "for", "due", "state"):
        table.add_column(column, overflow="fold")
    for one in messages:
        due = local_text(project, one["due_at"]) if one["due_at"] else ""
        table.add_row(
            one["message_id"], local_text(project, one["created_at"]), one["kind"], escape(one["item_id"]),
            escape(one["recipient_id"] or ""), due, one["state"],
        )  # fmt: skip
    out.print(table)
    if count > len(messages):
        out.print(f"… and {count - len(messages):,} older ones: see --limit, or outbox export", markup=False)


def show_sent(done: SendReport) -> None:
    """What came of sending."""
    words = {
        "delivered": done.delivered,
        "refused by the receiver": done.failed,
        "not got through": done.deferred,
        "waiting": done.waiting,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in words.items() if count) or "nothing to send"
    out.print(f"{done.sink}: {told}", markup=False)
    if done.stopped:
        out.print(f"stopped: {done.stopped}; the next `outbox send` goes on from there", markup=False)
