"""Projects in which much happens to items after they came, written as deliveries of small files.

Belongs here: feeds, deliveries and how answers are read. Does not belong here: what is expected.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from tests.e2e.projects import rows, run_project, write_project

FEED = """
  {feed}:
    table: {table}
    location: {feed}_*.csv
    delivered_at: "{feed}_%Y%m%dT%H%M.csv"
    optional: true
    options: {{time_zone: UTC}}
    mapping: {{{mapping}}}
"""
ITEM = (
    "item_id created_at updated_at email contact_id account_id status closed_at is_converted is_deleted priority "
    "needed_skills country city consent_status lifecycle_stage owner_id"
)
FEEDS = {
    "leads": ("items, object_type: lead", ITEM),
    "cases": ("items, object_type: case", ITEM),
    "contacts": ("contacts", "contact_id account_id email owner_id"),
    "users": ("users", "user_id is_active time_zone manager_id"),
    "absences": ("absences", "user_id start end"),
    "own": ("ownership_history", "object_type item_id owner_id from_at updated_at"),
    "acts": (
        "activities",
        "activity_id item_id contact_id account_id user_id kind direction is_automated occurred_at outcome",
    ),
}
DAY = datetime(2026, 3, 2, tzinfo=UTC)
"""A Monday."""


def clock(text: str) -> datetime:
    """An instant of that Monday such as 09:30, or of a later day such as 1d 09:30."""
    day, _, time = text.rpartition(" ")
    hours, minutes, *seconds = (int(part) for part in time.split(":"))
    days = int(day.removesuffix("d") or 0)
    return DAY + timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds[0] if seconds else 0)


def said(instant: datetime | None) -> str | None:
    """The text that ``clock`` reads."""
    if instant is None:
        return None
    days = (instant - DAY).days
    time = instant.strftime("%H:%M:%S" if instant.second else "%H:%M")
    time += f".{instant.microsecond}" if instant.microsecond else ""
    return f"{days}d {time}" if days else time


def project(folder: Path, pools: Mapping[str, Any], **more: Any) -> Path:
    """A project of one policy version; the first pool is the catch-all."""
    sources = "sources:" + "".join(
        FEED.format(
            feed=feed,
            table=table.replace(", ", "\n    "),
            mapping=", ".join(f"{name}: {name}" for name in columns.split()),
        )
        for feed, (table, columns) in FEEDS.items()
    )
    policy = {"version": "v1", "effective_from": "2026-01-01", "pools": pools, "catch_all": next(iter(pools)), **more}
    return write_project(folder, policy, sources=sources)


def pool_for_each(folder: Path, cases: Iterable[str], users: str, **settings: Any) -> Path:
    """A project with a pool of the same settings for each case, which takes the items of that city."""
    pools = {case: {"members": members(*(f"{user}-{case}" for user in users)), **settings} for case in cases}
    territories = [{"name": f"of-{case}", "pool": case, "when": {"city": [case]}} for case in pools]
    return project(folder, pools, territories=territories)


def members(*users: str, **more: Any) -> list[dict[str, Any]]:
    """Members with these ids; ``more`` holds for each."""
    return [{"user": user, **more} for user in users]


def item(name: str, at: str, **more: str) -> dict[str, str]:
    """A lead or case of a person of its own."""
    return {"item_id": name, "created_at": clock(at).isoformat(), "email": f"{name}@person.example".lower(), **more}


def act(kind: str, at: str, what: str = "", by: str = "", **more: str) -> dict[str, str]:
    """An activity on an item, with an id of its own."""
    return {
        "activity_id": f"{kind}-{at}-{what}-{by}", "item_id": what, "user_id": by, "kind": kind,
        "occurred_at": clock(at).isoformat(), "direction": "outbound", **more,
    }  # fmt: skip


def deliver(folder: Path, at: str, **feeds: Iterable[Mapping[str, str]]) -> None:
    """Files of one delivery, one a feed."""
    for feed, records in feeds.items():
        path = folder / "landing" / f"{feed}_{clock(at):%Y%m%dT%H%M}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, FEEDS[feed][1].split(), restval="")
            writer.writeheader()
            writer.writerows(records)


def live_through(folder: Path, deliveries: Iterable[tuple[str, Mapping[str, Any]]], *, at_once: bool) -> Path:
    """The project after these deliveries, run after each or once for all."""
    for at, feeds in deliveries:
        deliver(folder, at, **feeds)
        if not at_once:
            run_project(folder)
    run_project(folder)
    return folder


def _said(found: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [tuple(said(cell) if isinstance(cell, datetime) else cell for cell in row) for row in found]


def told(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the published copy, with instants as texts."""
    return _said(rows(folder, query))


def warehouse(folder: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse itself, with instants as texts."""
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as con:
        con.execute("set TimeZone = 'UTC'")
        return _said(con.execute(query).fetchall())


def steps(folder: Path, *items: str) -> list[str]:
    """Decisions in their order, each as one line: item kind member at, and what else there is to say."""
    found = told(
        folder,
        "select item_id, kind, member_id, decided_at, cause, previous_member_id, sent_to, pool_id "
        "from marts.fct_decisions order by decision_seq",
    )
    pools = len({row[-1] for row in found}) > 1
    lines = []
    for name, kind, member, at, cause, previous, sent_to, pool in found:
        if not items or name in items:
            words = [name, kind, member, f"at {at}", cause and f"({cause})", previous and f"from {previous}"]
            words += [sent_to and f"to {sent_to}", f"in {pool}" if pools else None]
            lines.append(" ".join(word for word in words if word))
    return lines


def owners(folder: Path) -> dict[str, str | None]:
    """Owner of every item now."""
    return dict(rows(folder, "select item_id, owner_id from marts.fct_items where item_seq is not null"))
