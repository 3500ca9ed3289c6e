"""The webhook sink: every message that is pending, in order, each until the receiver has it or has refused it.

At least once, not exactly once: a message is noted as delivered after the receiver has said so, before the next one is
sent. A crash between the two sends that one message again, with the same Idempotency-Key; one that is noted never.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from rr_pipeline.config import Project
from rr_pipeline.errors import Exit
from rr_pipeline.outbox.journal import Delivery, Journal, open_journal, read_journal
from rr_pipeline.outbox.messages import Wanted, count_messages, open_messages, read_messages
from rr_pipeline.outbox.webhook import Answer, Endpoint, post

MOST_DEFERRED = 3
"""So many messages in a row that did not get through: the receiver is down, the rest waits for the next time."""

MOST_FAILED = 20
"""So many in a row that were refused: it is not the messages that are wrong."""

ProgressCallback = Callable[[str, int, int | None], None]


@dataclass(frozen=True)
class SendReport:
    """What came of one go. ``waiting``: not tried; ``stopped``: why not, in words, None when all were."""

    sink: str
    delivered: int
    failed: int
    deferred: int
    waiting: int
    stopped: str | None = None

    @property
    def exit_code(self) -> Exit:
        """Done when every message got through."""
        return Exit.DEGRADED if self.failed or self.deferred or self.waiting else Exit.DONE


class _Go:
    """The count of one go, and when to stop it."""

    def __init__(self) -> None:
        self.counts = {"delivered": 0, "failed": 0, "deferred": 0}
        self.in_a_row = {"failed": 0, "deferred": 0}
        self.blocked: set[int] = set()
        self.stopped: str | None = None

    def take(self, message: dict[str, Any], answer: Answer) -> None:
        self.counts[answer.status] += 1
        self.in_a_row = {status: count + 1 if answer.status == status else 0 for status, count in self.in_a_row.items()}
        if answer.status == "deferred":
            # Of one item a later message must not overtake an earlier one: the CRM would end with an old owner.
            self.blocked.add(message["item_seq"])
        if answer.is_later:
            self.stopped = f"the receiver answers {answer.text} and asks for time"
        elif self.in_a_row["deferred"] >= MOST_DEFERRED:
            self.stopped = f"{MOST_DEFERRED} messages in a row did not get through (last answer: {answer.text})"
        elif self.in_a_row["failed"] >= MOST_FAILED:
            self.stopped = f"{MOST_FAILED} messages in a row were refused (last answer: {answer.text})"


def send_messages(
    project: Project,
    endpoint: Endpoint,
    wanted: Wanted,
    *,
    sleep: Callable[[float], None] = time.sleep,
    progress: ProgressCallback = lambda _what, _done, _of: None,
) -> SendReport:
    """Send what ``wanted.sink`` has not got. Raises LockedError while another process delivers for this project.

    Not tried: messages of an item of which an earlier one is still to get through, and all the rest once the receiver
    is seen to be down.
    """
    sink = wanted.sink or "webhook"
    wanted = Wanted(wanted.kinds, sink, is_pending=True, with_failed=wanted.with_failed)
    with open_journal(project.folder, "rr-pipeline outbox send") as journal, open_messages(project) as con:
        total = count_messages(con, wanted)
        return post_all(endpoint, sink, read_messages(con, wanted), total, journal, sleep, progress)


def undelivered(project: Project, wanted: Wanted, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of the messages that the sink has not got by now, whoever sent them; with the journal open."""
    done = {"delivered"} if wanted.with_failed else {"delivered", "failed"}
    noted = read_journal(project.folder)
    gone = frozenset(noted.filter((pl.col("sink") == wanted.sink) & pl.col("status").is_in(done))["message_id"])
    return [message for message in messages if message["message_id"] not in gone]


def post_all(  # noqa: PLR0917 - as a sentence says it: to whom, under which name, what, how many, noted where, how
    endpoint: Endpoint,
    sink: str,
    messages: Iterable[dict[str, Any]],
    total: int,
    journal: Journal,
    sleep: Callable[[float], None],
    progress: ProgressCallback,
) -> SendReport:
    """Post messages in their order, and note each before the next one.

    What ``sleep`` or ``progress`` raises ends it between two attempts; what was sent by then is noted.
    """
    go = _Go()
    for message in messages:
        if message["item_seq"] not in go.blocked:
            go.take(message, _deliver(endpoint, sink, message, journal, sleep))
            progress("sending messages", sum(go.counts.values()), total)
        if go.stopped:
            break
    return SendReport(sink, **go.counts, waiting=total - sum(go.counts.values()), stopped=go.stopped)


def _deliver(
    endpoint: Endpoint, sink: str, message: dict[str, Any], journal: Journal, sleep: Callable[[float], None]
) -> Answer:
    answer = post(endpoint, message["message_id"], message["payload"].encode(), sleep)
    journal.note([Delivery(message["message_id"], sink, answer.status, answer.attempt_count, answer.text)])
    return answer
