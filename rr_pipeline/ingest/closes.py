"""When a delivery closes: the instant that its rows may reach, and which files an ingest leaves to a later one.

Belongs here: what the name of a file and the instant of the run say about that. Does not belong here: rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rr_pipeline.config import Source
from rr_pipeline.config.zones import load_zone

_CLOCK_LETTERS = re.compile(r"%[HIMSfsXcT]")
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Bounds:
    """What an ingest takes up, and how far rows may reach.

    ``until``: files of deliveries after the first one that comes at or after it are left for a later ingest: what is
    decided up to ``until`` cannot depend on them. ``named``: files whose names say a later instant wait. ``undated``:
    the close of a file whose name says nothing. ``frontier``: no delivery closes before it. ``waiting``: (source,
    sum) of files that are left for a later ingest whatever their names say. ``refused``: what is wrong with files, by
    source and sum, that are refused whole (LIST_SHRUNK). ``whole``: names of the files that nobody
    is writing any more; the others are left, unread (None: all are whole).
    """

    until: datetime | None = None
    named: datetime | None = None
    undated: datetime | None = None
    frontier: datetime | None = None
    waiting: frozenset[tuple[str, str]] = frozenset()
    refused: Mapping[tuple[str, str], str] = field(default_factory=dict)
    whole: frozenset[str] | None = None


def is_dated(source: Source) -> bool:
    """Whether the names of the source's files give an instant, and not a day only or nothing."""
    return source.delivered_at is not None and _CLOCK_LETTERS.search(source.delivered_at) is not None


def closes_at(source: Source, delivered_at: datetime, bounds: Bounds, project_zone: str) -> datetime:
    """The instant that a file's rows may reach.

    That is ``delivered_at``; where the name gives only a day, the end of that day in the feed's zone, else the
    project's, and of an hour the end of the hour; never after the run's instant. Never before the frontier.
    """
    undated = bounds.undated or delivered_at
    if source.delivered_at is None:
        reached = undated
    elif not is_dated(source):
        zone = load_zone(source.options.time_zone or project_zone)
        next_day = delivered_at.astimezone(UTC).date() + timedelta(days=1)
        end = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone).astimezone(UTC) - _MICROSECOND
        reached = max(min(end, undated), delivered_at)
    elif "%M" not in source.delivered_at and not re.search("%[sXcT]", source.delivered_at):
        reached = max(min(delivered_at + timedelta(hours=1) - _MICROSECOND, undated), delivered_at)
    else:
        reached = delivered_at
    return max(filter(None, (reached, bounds.frontier)))
