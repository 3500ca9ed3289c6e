"""Times of deliveries: every form, declared formats, and local times against zoneinfo."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rr_pipeline.config.zones import load_zone, zone_names

from .conftest import stage_rows


def utc(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if text else None


# created_at as delivered, instant, created_at_code, time_warning; the source declares Europe/Oslo
CASES = [
    ("2026-01-05T10:00:00Z", "2026-01-05T10:00:00", None, None),
    ("2026-01-05t10:00:00z", "2026-01-05T10:00:00", None, None),
    ("2026-01-05T10:00:00.000+0000", "2026-01-05T10:00:00", None, None),
    ("2026-01-05T10:00:00.123456789Z", "2026-01-05T10:00:00.123456", None, None),
    ("2026-01-05 10:00:00 UTC", "2026-01-05T10:00:00", None, None),
    ("2026-01-05 10:00:00 +0200", "2026-01-05T08:00:00", None, None),
    ("2026-01-05T10:00:00-09:30", "2026-01-05T19:30:00", None, None),
    ("2026-01-05T10:00+05", "2026-01-05T05:00:00", None, None),
    ("2026-01-05T10:00:00", "2026-01-05T09:00:00", None, None),
    ("2026-07-05 10:00", "2026-07-05T08:00:00", None, None),
    ("2026-01-05", "2026-01-04T23:00:00", None, None),
    ("2026-03-29T02:30:00", "2026-03-29T01:30:00", None, "TIME_DST_GAP"),
    ("2026-03-29T03:00:00", "2026-03-29T01:00:00", None, None),
    ("2026-10-25T02:30:00", "2026-10-25T00:30:00", None, "TIME_DST_REPEATED"),
    ("2026-10-25T03:00:00", "2026-10-25T02:00:00", None, None),
    ("2024-02-29", "2024-02-28T23:00:00", None, None),
    ("2026-02-29", None, "TIME_INVALID", None),
    ("2026-02-30T10:00:00Z", None, "TIME_INVALID", None),
    ("2026-01-05T24:00:00", None, "TIME_INVALID", None),
    ("2026-01-05T10:00:60Z", None, "TIME_INVALID", None),
    ("2026-01-05T10:00:00+25:00", None, "TIME_INVALID", None),
    ("2026-01-05T10:00:00 Europe/Oslo", None, "TIME_INVALID", None),
    ("2026-1-5", None, "TIME_INVALID", None),
    ("03/04/2026", None, "TIME_INVALID", None),
    ("05.01.2026 10:00", None, "TIME_INVALID", None),
    ("46027.5", None, "TIME_INVALID", None),
    ("1767607200000", None, "TIME_INVALID", None),
    ("yesterday", None, "TIME_INVALID", None),
    ("0000-00-00", None, "TIME_INVALID", None),
    ("1900-01-01", None, "TIME_OUT_OF_RANGE", None),
    ("9999-12-31T23:59:59Z", None, "TIME_OUT_OF_RANGE", None),
    ("9999-12-31", None, "TIME_OUT_OF_RANGE", None),
    ("1989-12-31T23:59:59Z", None, "TIME_OUT_OF_RANGE", None),
    ("1990-01-01T00:00:00Z", "1990-01-01T00:00:00", None, None),
    ("1990-01-01T00:00:00", None, "TIME_OUT_OF_RANGE", None),
    ("1990-01-01T01:00:00", "1990-01-01T00:00:00", None, None),
    ("2099-12-31T23:59:59Z", "2099-12-31T23:59:59", None, None),
    ("2100-01-01T00:30:00", "2099-12-31T23:30:00", None, None),
    ("2100-01-01T00:00:00Z", None, "TIME_OUT_OF_RANGE", None),
    (None, None, "TIME_MISSING", None),
    ("N/A", None, "TIME_MISSING", None),
]


def test_forms() -> None:
    found = stage_rows([{"created_at": case[0]} for case in CASES], options={"time_zone": "Europe/Oslo"})
    got = [(row["created_at"], row["created_at_code"], row["time_warning"]) for row in found]
    assert list(zip(CASES, got, strict=True)) == [(case, (utc(case[1]), case[2], case[3])) for case in CASES]


def test_without_a_zone_local_times_are_nobodys() -> None:
    rows = [
        {"created_at": text} for text in ("2026-01-05T10:00:00", "2026-01-05", "2026-01-05T10:00:00Z", "1900-01-01")
    ]
    codes = [row["created_at_code"] for row in stage_rows(rows)]
    assert codes == ["TIME_ZONE_UNKNOWN", "TIME_ZONE_UNKNOWN", None, "TIME_OUT_OF_RANGE"]
    utc_codes = [row["created_at"] for row in stage_rows(rows, options={"time_zone": "UTC"})]
    assert utc_codes == [utc("2026-01-05T10:00:00"), utc("2026-01-05"), utc("2026-01-05T10:00:00"), None]


def test_other_times_are_warned_of_and_left_empty() -> None:
    rows = [
        {"created_at": "2026-01-05T10:00:00Z", "updated_at": "2026-01-06T10:00:00Z", "closed_at": "2026-01-07"},
        {"created_at": "2026-01-05T10:00:00Z", "updated_at": "soon", "closed_at": None},
        {"created_at": "2026-01-05T10:00:00Z", "updated_at": None, "closed_at": "9999-12-31"},
    ]
    found = stage_rows(rows, options={"time_zone": "Asia/Kolkata"})
    assert [(row["updated_at"], row["closed_at"], row["time_warning"]) for row in found] == [
        (utc("2026-01-06T10:00:00"), utc("2026-01-06T18:30:00"), None),
        (None, None, "UPDATED_AT_INVALID"),
        (None, None, "CLOSED_AT_INVALID"),
    ]


DECLARED = [
    ({"time_format": "%d.%m.%Y %H:%M"}, "05.01.2026 10:00", "2026-01-05T09:00:00"),
    ({"time_format": "%d.%m.%Y %H:%M"}, "29.02.2026 10:00", None),
    ({"time_format": "%d.%m.%Y %H:%M"}, "2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
    ({"time_format": "%d.%m.%Y %H:%M"}, "2026-01-05T10:00:00", None),
    ({"time_format": "%d.%m.%Y %H:%M"}, "2026-01-05", "2026-01-04T23:00:00"),
    ({"time_format": "%d.%m.%Y %H:%M"}, "05.01.2026", None),
    ({"time_format": "%d.%m.%Y %H:%M", "date_format": "%d.%m.%Y"}, "05.01.2026", "2026-01-04T23:00:00"),
    ({"date_format": "%Y-%d-%m"}, "2026-04-03", "2026-03-03T23:00:00"),
    ({"date_format": "%Y-%d-%m"}, "2026-04-13", None),
    ({"date_format": "%m/%d/%Y"}, "03/04/2026", "2026-03-03T23:00:00"),
    ({"date_format": "%m/%d/%Y"}, "2026-01-05 10:00", "2026-01-05T09:00:00"),
    ({"time_format": "%m/%d/%Y %I:%M %p"}, "3/4/2026 9:05 PM", "2026-03-04T20:05:00"),
    ({"time_format": "%Y-%m-%d %H:%M:%S %z"}, "2026-01-05 10:00:00 -0500", "2026-01-05T15:00:00"),
    ({"time_format": "epoch_ms"}, "1767607200123", "2026-01-05T10:00:00.123"),
    ({"time_format": "epoch_s"}, "1767607200", "2026-01-05T10:00:00"),
    ({"time_format": "epoch_s"}, "1767607200.5", "2026-01-05T10:00:00.500"),
    ({"time_format": "epoch_s"}, "1767607200123", None),
    ({"time_format": "epoch_ms"}, "99999999999999999999999999", None),
    ({"time_format": "epoch_ms"}, "2026-01-05T10:00:00Z", "2026-01-05T10:00:00"),
    ({"time_format": "epoch_ms"}, "now", None),
]


@pytest.mark.parametrize(
    "options", [dict(items) for items in dict.fromkeys(tuple(case[0].items()) for case in DECLARED)]
)
def test_declared_formats(options: dict[str, str]) -> None:
    cases = [case for case in DECLARED if case[0] == options]
    rows = [{"created_at": case[1]} for case in cases]
    found = stage_rows(rows, options={"time_zone": "Europe/Oslo", **options})
    assert [(case[1], row["created_at"]) for case, row in zip(cases, found, strict=True)] == [
        (case[1], utc(case[2])) for case in cases
    ]


def expected(text: str, zone: ZoneInfo) -> tuple[datetime, str | None]:
    """The instant and the warning of a local time, by zoneinfo."""
    local = datetime.fromisoformat(text)
    first, second = (local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    back = first.astimezone(zone).replace(tzinfo=None)
    if len(text) == 10:
        return first, "TIME_DST_GAP" if back.date() != local.date() else None
    if back != local:
        return first, "TIME_DST_GAP"
    return first, "TIME_DST_REPEATED" if first != second else None


def local_times(random_: random.Random, zone: ZoneInfo, count: int) -> list[str]:
    """Random local times, half of them near a change of the zone's clock, and some bare dates."""
    start = datetime(1990, 1, 3, tzinfo=UTC)
    changes = []
    for day in range(0, 40_000, 1):
        before, after = start + timedelta(days=day), start + timedelta(days=day + 1)
        if before.astimezone(zone).utcoffset() != after.astimezone(zone).utcoffset():
            changes.append(before)
    texts = []
    for _ in range(count):
        near = (
            random_.choice(changes)
            if changes and random_.random() < 0.7
            else start + timedelta(days=random_.randrange(40_000))
        )
        local = near.astimezone(zone).replace(tzinfo=None) + timedelta(minutes=random_.randrange(-60 * 26, 60 * 50))
        texts.append(local.date().isoformat() if random_.random() < 0.2 else local.isoformat(" "))
    return texts


TRICKY = ("Europe/Oslo", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo", "Africa/Casablanca", "Asia/Gaza")


@pytest.mark.parametrize("zone", [*TRICKY, *random.Random(3).sample(sorted(zone_names()), 4)])
def test_local_times_against_zoneinfo(zone: str) -> None:
    info = load_zone(zone)
    texts = local_times(random.Random(zone), info, 400)
    found = stage_rows([{"created_at": text} for text in texts], options={"time_zone": zone})
    got = [(text, row["created_at"], row["time_warning"]) for text, row in zip(texts, found, strict=True)]
    assert got == [(text, *expected(text, info)) for text in texts]


def test_the_day_that_apia_never_had() -> None:
    rows = [{"created_at": text} for text in ("2011-12-29", "2011-12-30", "2011-12-30 12:00", "2011-12-31")]
    found = stage_rows(rows, options={"time_zone": "Pacific/Apia"})
    assert [(row["created_at"], row["time_warning"]) for row in found] == [
        (utc("2011-12-29T10:00:00"), None),
        (utc("2011-12-30T10:00:00"), "TIME_DST_GAP"),
        (utc("2011-12-30T22:00:00"), "TIME_DST_GAP"),
        (utc("2011-12-30T10:00:00"), None),
    ]


def test_instants_with_offsets_against_python() -> None:
    random_ = random.Random(11)
    texts = []
    for _ in range(1000):
        moment = datetime(1991, 1, 1) + timedelta(microseconds=random_.randrange(10**15))  # noqa: DTZ001
        offset = random_.choice(
            ["Z", f"{random_.choice('+-')}{random_.randrange(14):02}:{random_.choice(['00', '30', '45'])}"]
        )
        texts.append(
            moment.isoformat(random_.choice("T "), random_.choice(["microseconds", "milliseconds", "seconds"])) + offset
        )
    found = stage_rows([{"created_at": text} for text in texts])
    assert [row["created_at"] for row in found] == [datetime.fromisoformat(text).astimezone(UTC) for text in texts]
    again = stage_rows([{"created_at": row["created_at"].isoformat()} for row in found])
    assert [row["created_at"] for row in again] == [row["created_at"] for row in found]
