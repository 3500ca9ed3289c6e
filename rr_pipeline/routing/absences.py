"""Absences as they were told: when somebody is away or works all the same, and from when until when that was known.

Belongs here: rows of absences as instants. Does not belong here: who is there (core.calendar), and whose claims stand
(stand_ins).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from rr_pipeline.core.calendar.local_time import dates_interval
from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, Absence
from rr_pipeline.routing.user_versions import Work
from rr_pipeline.session.instants import day_number, to_us
from rr_pipeline.warehouse.sql_files import ask


@dataclass(frozen=True)
class Told:
    """An absence, or with ``is_working`` time that is worked whatever the week says, as it was told for a while.

    ``known``: from when until when it was told so. ``time_zone``: it is one of whole days of this zone; None: of
    instants. ``deputy_id``: who stands in meanwhile.
    """

    user_id: str
    from_us: int
    until_us: int
    known: tuple[int, int]
    time_zone: str | None = None
    is_working: bool = False
    deputy_id: str | None = None


def told_absences(
    con: duckdb.DuckDBPyConnection, zones: Mapping[str, tuple[str, ...]], other_zone: str
) -> tuple[Told, ...]:
    """Return all that was told, whole days once for each zone of their user; ``other_zone``: of who has none in it."""
    found = []
    for user, first_day, last_day, start, end, effective, known_until, is_working, deputy in ask(con, "absence_rows"):
        known = to_us(effective, FAR_PAST_US), to_us(known_until, FAR_FUTURE_US)
        if first_day is None:
            spans: list[tuple[int, int, str | None]] = [(to_us(start, FAR_PAST_US), to_us(end, FAR_FUTURE_US), None)]
        else:
            days = day_number(first_day), day_number(last_day or first_day)
            spans = [(*dates_interval(zone, *days), zone) for zone in zones.get(user, (other_zone,))]
        found += [
            Told(user, from_us, until_us, known, zone, is_working, deputy)
            for from_us, until_us, zone in spans
            if from_us < until_us
        ]
    return tuple(found)


def clipped(told: Iterable[Told]) -> tuple[Absence, ...]:
    """Return the absences as the router takes them: each while it was known."""
    found = (
        Absence(one.user_id, max(one.from_us, one.known[0]), min(one.until_us, one.known[1]), one.time_zone)
        for one in told
        if not one.is_working
    )
    return tuple(one for one in found if one.from_us < one.until_us)


def works_of(told: Iterable[Told]) -> dict[str, tuple[Work, ...]]:
    """Return by user the times that are worked whatever the week says."""
    found: dict[str, list[Work]] = {}
    for one in told:
        if one.is_working:
            found.setdefault(one.user_id, []).append(Work(one.from_us, one.until_us, one.known, one.time_zone))
    return {user: tuple(works) for user, works in found.items()}
