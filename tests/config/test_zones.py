from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from rr_pipeline.config.zones import (
    MomentError,
    check_zone,
    end_instant,
    load_zone,
    parse_moment,
    start_instant,
    to_instant,
    zone_names,
)


@pytest.mark.parametrize("name", ["UTC", "Europe/Oslo", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_exact_names_are_accepted(name):
    assert check_zone(name) == name
    assert load_zone(name).key == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("europe/oslo", "Europe/Oslo"),
        ("EST", "America/New_York"),
        ("CET", "Europe/Paris"),
        ("UTC+2", None),
        ("GMT+2", None),
        ("+02:00", None),
        ("Europe/Olso", "Europe/Oslo"),
        ("Oslo", "Europe/Oslo"),
        ("New York", "America/New_York"),
        ("America/New York", "America/New_York"),
        ("utc", "UTC"),
        ("Z", "UTC"),
        ("", None),
        ("../../etc/passwd", None),
        ("Japan", None),
    ],
)
def test_other_names_are_refused_with_the_nearest(name, nearest):
    with pytest.raises(MomentError) as caught:
        check_zone(name)
    assert caught.value.code == "TIME_ZONE_UNKNOWN"
    assert nearest is None or f"Did you mean '{nearest}'?" in str(caught.value)


def test_an_offset_is_told_apart_from_a_misspelt_zone():
    with pytest.raises(MomentError, match="no summer time: write the zone of a place"):
        check_zone("UTC+2")


def test_names_come_from_the_pinned_data():
    assert len(zone_names()) > 450
    assert all("/" in name or name == "UTC" for name in zone_names())


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-02-28", date(2026, 2, 28)),
        ("2024-02-29", date(2024, 2, 29)),
        ("2026-01-31T09:00", datetime(2026, 1, 31, 9)),  # noqa: DTZ001 - local times have no zone
        ("2026-01-31 09:00:01.5", datetime(2026, 1, 31, 9, 0, 1, 500_000)),  # noqa: DTZ001
        ("2026-01-31T09:00Z", datetime(2026, 1, 31, 9, tzinfo=UTC)),
        ("2026-01-31T09:00:00+02:00", datetime(2026, 1, 31, 7, tzinfo=UTC)),
        ("2026-01-31t09:00:00-0330", datetime(2026, 1, 31, 12, 30, tzinfo=UTC)),
    ],
)
def test_moments(text, moment):
    assert parse_moment(text) == moment
    assert type(parse_moment(text)) is type(moment)


@pytest.mark.parametrize(
    "text",
    ["2026-02-29", "2026-13-01", "01/02/2026", "2026-1-1", "20260101", "2026-W01", "2026-01-01T25:00", "17:30", "now",
     "2026-01-01T24:00", "2026-01-01T09", "2026-01-01T09:00 Europe/Oslo", "", "٢٠٢٦-01-01"],
)  # fmt: skip
def test_what_is_no_moment(text):
    with pytest.raises(MomentError) as caught:
        parse_moment(text)
    assert caught.value.code == "TIME_INVALID"


@pytest.mark.parametrize("text", ["9999-12-31", "1900-01-01", "0001-01-01T00:00+14:00"])
def test_far_away_moments(text):
    with pytest.raises(MomentError) as caught:
        parse_moment(text)
    assert caught.value.code in ("TIME_OUT_OF_RANGE", "TIME_INVALID")


@pytest.mark.parametrize(
    ("zone", "text", "instant"),
    [
        ("Europe/Oslo", "2026-01-01", "2025-12-31T23:00:00+00:00"),
        ("Europe/Oslo", "2026-07-01T12:00", "2026-07-01T10:00:00+00:00"),
        ("UTC", "2026-07-01T12:00Z", "2026-07-01T12:00:00+00:00"),
        # Midnight is skipped here: the day starts at one o'clock.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00+00:00"),
        # Midnight comes twice here: the day starts at the first.
        ("America/Havana", "2025-11-02", "2025-11-02T04:00:00+00:00"),
        # A day that never was starts where the next one does.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00+00:00"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00+00:00"),
        ("Australia/Lord_Howe", "2026-01-01", "2025-12-31T13:00:00+00:00"),
    ],
)
def test_instants(zone, text, instant):
    assert to_instant(parse_moment(text), load_zone(zone)).isoformat() == instant


@pytest.mark.parametrize(
    ("zone", "text", "code"),
    [
        ("Europe/Oslo", "2026-03-29T02:30", "TIME_DST_GAP"),
        ("Europe/Oslo", "2026-10-25T02:30", "TIME_DST_REPEATED"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "TIME_DST_REPEATED"),
        ("Pacific/Apia", "2011-12-30T12:00", "TIME_DST_GAP"),
    ],
)
def test_local_times_that_name_no_one_instant(zone, text, code):
    with pytest.raises(MomentError) as caught:
        to_instant(parse_moment(text), load_zone(zone))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("zone", "text", "start", "end"),
    [
        ("Europe/Oslo", "2026-03-29T02:30", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("Europe/Oslo", "2026-03-29T02:00", "2026-03-29T01:00", "2026-03-29T01:00"),
        ("Europe/Oslo", "2026-10-25T02:30", "2026-10-25T00:30", "2026-10-25T01:30"),
        ("Europe/Oslo", "2026-10-25T03:00", "2026-10-25T02:00", "2026-10-25T02:00"),
        ("Europe/Oslo", "2026-10-25T02:30Z", "2026-10-25T02:30", "2026-10-25T02:30"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:30", "2026-10-03T15:30"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "2026-04-04T15:15"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00", "2011-12-30T10:00"),
        ("America/Havana", "2025-11-02", "2025-11-02T04:00", "2025-11-02T04:00"),
    ],
)
def test_when_something_of_a_member_begins_and_ends(zone, text, start, end):
    moment = parse_moment(text)
    found = [one(moment, load_zone(zone)).isoformat()[:16] for one in (start_instant, end_instant)]
    assert found == [start, end]
