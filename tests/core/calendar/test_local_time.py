"""Local time against ``zoneinfo`` itself, at the instants where clocks do odd things."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from zoneinfo import _zoneinfo

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.calendar import local_time as clock
from rr_pipeline.errors import RefusedError
from tests.core.oracle import EPOCH, local_time, week_of
from tests.effort import examples

SECOND_US = 1_000_000
ODD_ZONES = (
    "Europe/Oslo",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "Asia/Kathmandu",
    "Africa/Casablanca",
    "America/Nuuk",
    "UTC",
)
instants = st.integers(315_532_800 * SECOND_US, 4_102_444_800 * SECOND_US)


def us(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1)


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(ODD_ZONES), st.lists(instants, min_size=1, max_size=4))
def test_offsets_and_days_are_those_of_zoneinfo(zone: str, times: list[int]) -> None:
    array = np.array(times)
    local = [local_time(zone, t) for t in times]
    assert clock.offsets_at(zone, array).tolist() == [
        (one.utcoffset() or timedelta()) // timedelta(microseconds=1) for one in local
    ]
    days = clock.local_days(zone, array)
    assert days.tolist() == [(one.date() - date(1970, 1, 1)).days for one in local]


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(st.integers(-30_000, 60_000), min_size=1), st.integers(0, 6))
def test_weeks_begin_where_they_should(days: list[int], week_start: int) -> None:
    first = date(1970, 1, 1)
    expected = [(week_of(first + timedelta(days=one), week_start) - first).days for one in days]
    assert clock.week_starts(np.array(days), week_start).tolist() == expected


def test_iso_week_53_and_leap_day() -> None:
    days = np.array([day("2020-12-28"), day("2021-01-03"), day("2021-01-04"), day("2024-02-29")])
    starts = clock.week_starts(days, 0)
    assert starts.tolist() == [day("2020-12-28"), day("2020-12-28"), day("2021-01-04"), day("2024-02-26")]


def test_days_of_a_zone_that_skipped_one() -> None:
    starts = clock.day_starts("Pacific/Apia", us("2011-12-29T00:00"), us("2012-01-01T00:00"))
    assert day("2011-12-30") not in starts.day.tolist()
    assert us("2011-12-30T10:00") in starts.from_us.tolist()
    missing = clock.dates_interval("Pacific/Apia", day("2011-12-30"), day("2011-12-30"))
    assert missing == (us("2011-12-30T10:00"), us("2011-12-30T10:00"))


def test_a_date_that_comes_back() -> None:
    starts = clock.day_starts("America/St_Johns", us("2006-10-28T12:00"), us("2006-10-30T12:00"))
    first, again = day("2006-10-28"), day("2006-10-29")
    assert starts.day.tolist() == [first, again, first, again, day("2006-10-30")]
    assert starts.from_us.tolist()[1:4] == [us("2006-10-29T02:30"), us("2006-10-29T02:31"), us("2006-10-29T03:30")]


def test_dates_interval_includes_both_ends_and_follows_the_clock() -> None:
    interval = clock.dates_interval("Europe/Oslo", day("2026-03-28"), day("2026-03-29"))
    assert interval == (us("2026-03-27T23:00"), us("2026-03-29T22:00"))
    with pytest.raises(RefusedError, match="swap"):
        clock.dates_interval("UTC", 2, 1)


def test_local_times_in_gaps_and_twice() -> None:
    local = np.array([us("2026-03-29T02:30"), us("2026-10-25T02:30"), us("2026-10-25T03:00"), us("2026-07-01T12:00")])
    found = clock.to_utc("Europe/Oslo", local)
    assert found.utc_us.tolist() == [
        us("2026-03-29T01:30"),
        us("2026-10-25T00:30"),
        us("2026-10-25T02:00"),
        us("2026-07-01T10:00"),
    ]
    assert found.is_gap.tolist() == [True, False, False, False]
    assert found.is_repeated.tolist() == [False, True, False, False]
    half = clock.to_utc("Australia/Lord_Howe", np.array([us("2026-10-04T02:15"), us("2026-04-05T01:45")]))
    assert half.is_gap.tolist() == [True, False]
    assert half.is_repeated.tolist() == [False, True]
    assert clock.to_utc("UTC", np.zeros(0, dtype=np.int64)).utc_us.size == 0


@settings(max_examples=examples(100), deadline=None)
@given(st.sampled_from(ODD_ZONES), instants)
def test_there_and_back(zone: str, t: int) -> None:
    array = np.array([t])
    back = clock.to_utc(zone, array + clock.offsets_at(zone, array))
    assert not back.is_gap[0]
    if local_time(zone, t).fold == 0:
        assert back.utc_us[0] == t
    else:
        assert back.is_repeated[0]
        assert back.utc_us[0] < t


def test_frames_for_asof_joins_agree_with_the_arrays() -> None:
    begin, end = us("2026-01-01T00:00"), us("2027-01-01T00:00")
    times = np.arange(begin, end, 7 * clock.HOUR_US + 13)
    offsets = clock.zone_offsets("America/New_York", begin, end)
    frame = pl.DataFrame({"t": times}).join_asof(offsets, left_on="t", right_on="from_us")
    assert frame["offset_us"].to_list() == clock.offsets_at("America/New_York", times).tolist()
    assert offsets["from_us"][0] == begin
    assert offsets["until_us"].to_list()[:-1] == offsets["from_us"].to_list()[1:]
    local = clock.local_offsets("America/New_York", begin, end)
    joined = pl.DataFrame({"t": times}).join_asof(local, left_on="t", right_on="local_from_us")
    found = clock.to_utc("America/New_York", times)
    assert (joined["t"] - joined["offset_us"]).to_list() == found.utc_us.tolist()
    assert joined["is_gap"].to_list() == found.is_gap.tolist()
    assert joined["is_repeated"].to_list() == found.is_repeated.tolist()


@pytest.mark.parametrize("zone", ["europe/oslo", "UTC+2", "", "../etc/passwd", "Oslo"])
def test_unknown_zones_are_refused(zone: str) -> None:
    with pytest.raises(RefusedError, match="not an IANA name"):
        clock.load_zone(zone)


def test_instants_out_of_range_are_refused() -> None:
    with pytest.raises(RefusedError, match="1900 to 2199"):
        clock.offset_table("UTC", us("2026-01-01T00:00"), us("2199-12-31T23:59") + 10 * clock.DAY_US)
    with pytest.raises(RefusedError, match="1900 to 2199"):
        clock.offset_table("UTC", us("1899-12-31T23:59"), us("2026-01-01T00:00"))


@pytest.mark.slow
def test_every_change_of_every_zone_is_found() -> None:
    # A zone is probed once a day, which would miss changes that undo each other within one. Many names are only other
    # names of the same data, and a year without a change has none to miss: both are left out.
    begin, end = us("1990-01-01T00:00"), us("2037-12-31T00:00")
    seen: set[bytes] = set()
    count = 0
    for zone in sorted(clock.known_zones()):
        data = clock.files("tzdata").joinpath("zoneinfo").joinpath(*zone.split("/")).read_bytes()
        if data in seen:
            continue
        seen.add(data)
        plain = _zoneinfo.ZoneInfo.from_file(BytesIO(data), key=zone)
        changes = zip(plain._trans_utc, plain._ttinfos, strict=True)
        for (_, before), (second, after) in pairwise([(0, plain._tti_before), *changes]):
            if begin <= second * SECOND_US < end:
                found = clock.offsets_at(zone, np.array([second * SECOND_US - 1, second * SECOND_US]))
                expected = [kind.utcoff // timedelta(microseconds=1) for kind in (before, after)]
                assert found.tolist() == expected, (zone, second)
                count += 1
    assert count > 6_000, count


def test_hours_begin_where_the_clock_shows_them_first_also_when_it_is_turned_back() -> None:
    # The clock of Oslo shows 02:00 to 03:00 twice on 2026-10-25, from 00:00 and from 01:00 UTC: one hour of two.
    instants = [us("2026-10-25T00:20"), us("2026-10-25T01:40"), us("2026-10-25T02:10"), us("2026-03-29T01:15")]
    begun = [us("2026-10-25T00:00"), us("2026-10-25T00:00"), us("2026-10-25T02:00"), us("2026-03-29T01:00")]
    assert clock.hour_starts("Europe/Oslo", np.array(instants)).tolist() == begun
    assert clock.hour_starts("Europe/Oslo", np.zeros(0, dtype=np.int64)).size == 0
