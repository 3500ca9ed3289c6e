"""Time zones and moments as configuration writes them, on the pinned time-zone data.

Belongs here: which zone names are accepted, and one local time of a configuration file to an instant.
Does not belong here: columns of times; those are converted by core/calendars.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from rr_pipeline.errors import nearest

Moment = date | datetime
"""A local date, a local date and time (naive), or an instant (aware, UTC)."""

EARLIEST, LATEST = date(1990, 1, 1), date(2100, 1, 1)

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
)
_OFFSET = re.compile(r"(UTC|GMT)? ?[+-][0-9]{1,2}(:?[0-9]{2})?")
# Abbreviations mean several places each; these are what most who write them want to say.
_MEANT = {
    "EST": "America/New_York", "EDT": "America/New_York", "ET": "America/New_York", "EST5EDT": "America/New_York",
    "CST": "America/Chicago", "CDT": "America/Chicago", "CST6CDT": "America/Chicago", "MST": "America/Denver",
    "MDT": "America/Denver", "MST7MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "PST8PDT": "America/Los_Angeles", "HST": "Pacific/Honolulu", "GMT": "Europe/London", "BST": "Europe/London",
    "WET": "Europe/Lisbon", "CET": "Europe/Paris", "CEST": "Europe/Paris", "MET": "Europe/Paris",
    "EET": "Europe/Athens", "EEST": "Europe/Athens", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
    "AEST": "Australia/Sydney", "AEDT": "Australia/Sydney",
    "Z": "UTC", "ZULU": "UTC", "UCT": "UTC", "UTC+0": "UTC", "UTC0": "UTC", "UNIVERSAL": "UTC",
}  # fmt: skip


class MomentError(ValueError):
    """A time, date or zone that cannot be read. ``code`` is a problem code; the text says how to fix it."""

    def __init__(self, code: str, message: str) -> None:
        self.code = code
        super().__init__(message)


@cache
def zone_names() -> frozenset[str]:
    """Return the accepted names: IANA names with an area (``Europe/Oslo``), and ``UTC``."""
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(name for name in names if "/" in name) | {"UTC"}


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the zone from the pinned data, whatever data the host has. Raises MomentError for an unknown name."""
    check_zone(name)
    file = resources.files("tzdata").joinpath("zoneinfo", *name.split("/"))
    with file.open("rb") as handle:
        return ZoneInfo.from_file(handle, key=name)


def check_zone(name: str) -> str:
    """Return ``name`` if it is an exact zone name, else raise MomentError (TIME_ZONE_UNKNOWN) with the nearest one."""
    if name in zone_names():
        return name
    meant = _MEANT.get(name.upper().strip())
    lower = {known.lower(): known for known in zone_names()}
    exact = lower.get(name.strip().lower().replace(" ", "_"))
    if _OFFSET.fullmatch(name.upper().strip()) and not meant:
        hint = " An offset is no zone, since it knows no summer time: write the zone of a place."
    elif exact or meant:
        hint = f" Did you mean '{exact or meant}'?"
    else:
        hint = nearest(name, zone_names()) or _nearest_city(name)
    message = f"'{name[:64]}' is not an exact time-zone name; write an IANA name such as Europe/Oslo, or UTC.{hint}"
    raise MomentError("TIME_ZONE_UNKNOWN", message)


def _nearest_city(name: str) -> str:
    cities = {known.rsplit("/", 1)[1].lower(): known for known in sorted(zone_names()) if "/" in known}
    found = re.search(r"'(.*)'", nearest(name.rsplit("/", 1)[-1].strip().lower().replace(" ", "_"), cities))
    return f" Did you mean '{cities[found[1]]}'?" if found else ""


def parse_moment(text: str) -> Moment:
    """Read a date (``2026-01-31``), a local time (``2026-01-31T09:00``) or an instant (``...Z``, ``...+01:00``).

    Instants come back aware and in UTC. Raises MomentError: TIME_INVALID, TIME_OUT_OF_RANGE.
    """
    try:
        if _DATE.fullmatch(text):
            moment: Moment = date.fromisoformat(text)
        elif _DATE_TIME.fullmatch(text):
            moment = datetime.fromisoformat(text.upper())
            if moment.tzinfo is not None:
                moment = moment.astimezone(UTC)
        else:
            raise ValueError("shape")  # noqa: TRY301 - one answer for every way a time can be wrong
    except (ValueError, OverflowError) as error:
        message = "is not a date or time that exists; write 2026-01-31, 2026-01-31T09:00 or 2026-01-31T09:00:00Z"
        raise MomentError("TIME_INVALID", message) from error
    day = moment.date() if isinstance(moment, datetime) else moment
    if not EARLIEST <= day <= LATEST:
        message = f"lies outside {EARLIEST} to {LATEST}; leave it out where there is no limit"
        raise MomentError("TIME_OUT_OF_RANGE", message)
    return moment


def to_instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """Return the UTC instant of a moment; a date is the start of that local day in ``zone``.

    A local time that a clock change skips or repeats names no one instant: raises MomentError
    (TIME_DST_GAP, TIME_DST_REPEATED). The start of a day that is skipped or repeated is its first instant.
    """
    if not isinstance(moment, datetime):
        return _day_start(moment, zone)
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    first, second = (moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second:
        return first
    if first.astimezone(zone).replace(tzinfo=None) != moment:
        raise MomentError("TIME_DST_GAP", f"does not exist in {zone.key}: clocks jump over it; write an offset or Z")
    raise MomentError("TIME_DST_REPEATED", f"happens twice in {zone.key}: clocks go back; write an offset or Z")


def start_instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which something begins: of a local time that comes twice the first.

    A local time that the clocks jump over means the end of the gap; a date is the start of that local day.
    """
    return _some_instant(moment, zone, fold=0)


def end_instant(moment: Moment, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which something ends, exclusive: as ``start_instant``, but of two times the second."""
    return _some_instant(moment, zone, fold=1)


def clock_change(moment: Moment, zone: ZoneInfo) -> str | None:
    """Return TIME_DST_GAP or TIME_DST_REPEATED for a local time that a clock change skips or repeats, else None."""
    try:
        to_instant(moment, zone)
    except MomentError as error:
        return error.code
    return None


def _some_instant(moment: Moment, zone: ZoneInfo, fold: int) -> datetime:
    code = clock_change(moment, zone)
    if code is None or not isinstance(moment, datetime):
        return to_instant(moment, zone)
    low, high = sorted(moment.replace(tzinfo=zone, fold=one).astimezone(UTC) for one in (0, 1))
    if code == "TIME_DST_REPEATED":
        return (low, high)[fold]
    # The clocks change between the two: found by halving to the microsecond.
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) // 2
        low, high = (middle, high) if middle.astimezone(zone).utcoffset() == before else (low, middle)
    return high


def _day_start(day: date, zone: ZoneInfo) -> datetime:
    midnight = datetime.combine(day, time.min)
    first, second = sorted(midnight.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first == second or first.astimezone(zone).replace(tzinfo=None) == midnight:
        return first
    # Midnight itself is skipped: the day starts where the gap ends, found by halving to the microsecond.
    low, high = first, second
    while high - low > timedelta(microseconds=1):
        middle = low + (high - low) // 2
        low, high = (low, middle) if middle.astimezone(zone).date() >= day else (middle, high)
    return high
