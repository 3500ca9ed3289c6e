"""Between DuckDB's and configuration's times and the router's microseconds."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


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
