"""Between DuckDB's and configuration's times and the router's microseconds, and instants that people give by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from rr_pipeline.config.zones import EARLIEST, LATEST
from rr_pipeline.errors import Problem, RefusedError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def read_instant(field: str, text: str) -> datetime:
    """The instant that ``text`` says, in UTC. Raises RefusedError naming ``field``: TIME_INVALID, TIME_OUT_OF_RANGE."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise RefusedError(
            Problem("-", None, field, "TIME_INVALID", "write an instant with its zone: 2026-06-30T18:00:00Z")
        )
    refuse_far(field, instant.date())
    return instant.astimezone(UTC)


def read_day(field: str, text: str) -> date:
    """The local day that ``text`` says. Raises RefusedError naming ``field``: TIME_INVALID, TIME_OUT_OF_RANGE."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise RefusedError(Problem("-", None, field, "TIME_INVALID", "write a day: 2026-06-01")) from None
    refuse_far(field, day)
    return day


def refuse_far(field: str, day: date) -> None:
    """Raise RefusedError (TIME_OUT_OF_RANGE) naming ``field`` for a day that no record may have."""
    if not EARLIEST <= day <= LATEST:
        raise RefusedError(
            Problem(
                "-", None, field, "TIME_OUT_OF_RANGE", f"lies outside {EARLIEST} to {LATEST}; give a time between them"
            )
        )


def to_us(instant: datetime | None, missing: int) -> int:
    """UTC microseconds of an aware datetime; ``missing`` for None and for DuckDB's infinities (naive extremes)."""
    if instant is None or instant.year in {1, 9999}:
        return missing
    return (instant - EPOCH) // MICROSECOND


def from_us(instant_us: int) -> datetime:
    """Aware UTC datetime of microseconds."""
    return EPOCH + timedelta(microseconds=instant_us)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH.date()).days
