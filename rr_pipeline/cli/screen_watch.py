"""What people and machines see of a watch: a short line for each piece of news. Rendering only."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from rr_pipeline.cli.options import say
from rr_pipeline.ingest import printable
from rr_pipeline.watch import Failed, Held, Open, Ran, Sent, Started, Stopped, Told

MOST_NAMES = 2
"""Names of files in a line for people; machines get all."""


def show_text(told: Told) -> None:
    """A line for people: what went well on stdout, with the lines of what did not on stderr."""
    at = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S}"
    text, trouble = _words(told)
    if text:
        say(f"{at}  {text}")
    if trouble:
        say(trouble if text else f"{at}  {trouble}", err=True)
    sys.stdout.flush()


def _words(told: Told) -> tuple[str, str]:
    """What is said on stdout, and what on stderr."""
    said = trouble = ""
    match told:
        case Started():
            said = _started(told)
        case Ran():
            said, trouble = _ran(told), "\n".join(f"  {problem}" for problem in told.report.problems)
        case Failed():
            when = f"again in {told.next_try:,.0f} s, or" if told.next_try is not None else "again"
            trouble = f"{told.error}\n  tried {when} when a file changes; the watch goes on"
        case Held():
            said = f"waiting: {told.error}"
        case Open():
            trouble = f"{printable(told.file)} has been open for {told.seconds:,.0f} s; it is read once it is closed"
        case Sent():
            trouble = _sent(told)
        case Stopped():
            said = f"ended by {told.signal}"
    return said, trouble


def _started(told: Started) -> str:
    how = "as files land" if told.by_events else "by looking every second"
    why = f" ({told.why_not})" if told.why_not else ""
    return f"watching {told.landing}/ of {told.project} {how}{why}"


def _ran(told: Ran) -> str:
    report = told.report
    if report.run_id is None:
        return f"nothing to decide: {_refused(report.problems)}"
    names = ", ".join(map(printable, told.files)) if 0 < len(told.files) <= MOST_NAMES else ""
    files = _count(len(told.files), "file") + (f" ({names})" if names else "")
    rows = _count(sum(feed.rows for feed in report.feeds), "row")
    refused = f", {_refused(report.problems)}" if report.problems else ""
    decided = _count(report.decisions, "decision")
    return f"{report.run_id}: {files}, {rows}, {decided}{refused}, published in {told.seconds:.2f} s"


def _refused(problems: tuple[Any, ...]) -> str:
    return f"{_count(len(problems), 'file')} refused"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _sent(told: Sent) -> str:
    """What did not get through; nothing where all did."""
    report = told.report
    if report is None:
        return f"outbox: {told.error}"
    if not (report.failed or report.deferred or report.waiting):
        return ""
    why = f"; stopped: {report.stopped}" if report.stopped else ""
    return (
        f"outbox: {report.delivered:,} delivered, {report.failed:,} refused by the receiver, "
        f"{report.deferred + report.waiting:,} still to go{why}"
    )


def show_line(told: Told) -> None:
    """A line of JSON for machines: ``event`` says of what, ``at`` when."""
    head = {"event": type(told).__name__.lower(), "at": datetime.now(UTC).isoformat(timespec="milliseconds")}
    say(json.dumps({**head, **_fields(told)}, ensure_ascii=False, default=str))
    sys.stdout.flush()


def _fields(told: Told) -> dict[str, Any]:
    match told:
        case Ran():
            return _ran_fields(told)
        case Failed():
            return {"exit_code": int(told.error.exit_code), "error": str(told.error), "next_try": told.next_try}
        case Held():
            return {"error": str(told.error)}
        case Open():
            return {"file": printable(told.file), "seconds": round(told.seconds, 3)}
        case Sent():
            return _sent_fields(told)
    return asdict(told)


def _ran_fields(told: Ran) -> dict[str, Any]:
    report = told.report
    return {
        "run_id": report.run_id,
        "status": report.status,
        "exit_code": int(report.exit_code),
        "files": [printable(name) for name in told.files],
        "rows": sum(feed.rows for feed in report.feeds),
        "decisions": report.decisions,
        "problems": [str(problem) for problem in report.problems],
        "is_published": report.published is not None,
        "seconds": round(told.seconds, 3),
        "seconds_by_step": dict(report.seconds),
        "next_at": report.next_at.isoformat() if report.next_at else None,
    }


def _sent_fields(told: Sent) -> dict[str, Any]:
    names = ("delivered", "failed", "deferred", "waiting", "stopped")
    counts = {name: getattr(told.report, name) for name in names} if told.report is not None else {}
    return {**counts, "error": str(told.error) if told.error else None, "seconds": round(told.seconds, 3)}
