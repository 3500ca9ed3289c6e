"""Local times of members that a clock change skips or repeats: what they are taken for, said with file and line.

Belongs here: the warnings. Does not belong here: the instants themselves (zones.py), times of items and feeds
(sql/staging).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from rr_pipeline.config.policy import LocalTime, PolicyVersion
from rr_pipeline.config.sources import Source
from rr_pipeline.config.zones import clock_change, load_zone
from rr_pipeline.errors import Problem

ZoneOf = Callable[[LocalTime], str | None]
"""The zone of a time; None: it is not known, or was warned of before."""


def check_clocks(sources: Sequence[Source], policies: Sequence[PolicyVersion], default: str) -> Iterator[Problem]:
    """Yield the warnings of all times whose zone is known without the data. ``default``: the project's zone."""
    yield from clock_warnings(policies, lambda time: time.time_zone or (None if are_zones_fed(sources) else default))


def are_zones_fed(sources: Sequence[Source]) -> bool:
    """Whether a feed may tell the zones of users."""
    return any(source.table == "users" and "time_zone" in source.mapping for source in sources)


def clock_warnings(policies: Sequence[PolicyVersion], zone_of: ZoneOf) -> Iterator[Problem]:
    """Yield a warning (TIME_DST_GAP, TIME_DST_REPEATED) for each local time that names no one instant in its zone."""
    for version in policies:
        for time in version.local_times:
            zone = zone_of(time)
            code = clock_change(time.moment, load_zone(zone)) if zone is not None else None
            if code is not None:
                yield Problem(version.file, version.line_of(time.field), time.field, code, _words(code, zone, time))


def _words(code: str, zone: str | None, time: LocalTime) -> str:
    if code == "TIME_DST_GAP":
        return f"the clocks of {zone} jump over this time: it counts as the end of the gap; write an offset to be exact"
    which = "second, as an end" if time.is_end else "first, as a start"
    return f"the clocks of {zone} show this time twice: the {which}, counts; write an offset to be exact"
