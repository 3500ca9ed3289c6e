"""Working hours and holidays in UTC against a look at the local clock in every single minute."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.core.calendar.schedules import Hours, Spans, complement, merge, schedule_hours
from rr_pipeline.core.model import ALWAYS, Schedule
from rr_pipeline.errors import RefusedError
from tests.core.hours import (
    DAY_US,
    HOUR_US,
    MINUTE_US,
    ODD_TIMES,
    day,
    is_holiday,
    is_off_hours,
    is_working,
    odd_schedules,
    us,
)
from tests.effort import examples

SUNDAY = 6 * 1440


def hours_of(zone: str, schedule: Schedule, begin: str | int, end: str | int) -> Hours:
    begin, end = (us(one) if isinstance(one, str) else one for one in (begin, end))
    return schedule_hours([(zone, schedule)], begin, end)[0]


def pieces(spans: Spans) -> list[tuple[int, int]]:
    return list(zip(spans.from_us.tolist(), spans.until_us.tolist(), strict=True))


def holds(spans: Spans, instants: np.ndarray) -> list[bool]:
    inside = np.searchsorted(spans.from_us, instants, side="right") - np.searchsorted(
        spans.until_us, instants, side="right"
    )
    return (inside == 1).tolist()


@settings(max_examples=examples(60), deadline=None)
@given(odd_schedules(), st.integers(-3 * 1440, 0), st.integers(0, 3 * 1440))
def test_every_minute_is_what_the_clock_says(drawn: tuple[str, Schedule, int], before: int, after: int) -> None:
    zone, schedule, around = drawn
    minutes = np.arange(around + before * MINUTE_US, around + after * MINUTE_US + 1, MINUTE_US)
    hours = hours_of(zone, schedule, int(minutes[0]), int(minutes[-1]))
    for spans, rule in zip(hours, (is_off_hours, is_holiday, is_working), strict=True):
        assert holds(spans, minutes) == [rule(zone, schedule, t) for t in minutes.tolist()]
        assert (spans.from_us < spans.until_us).all()
        assert (spans.until_us[:-1] < spans.from_us[1:]).all(), "intervals that meet are one"
        edges = np.concatenate([spans.from_us, spans.until_us[spans.until_us <= minutes[-1]]])
        assert ((edges - minutes[0]) % MINUTE_US == 0).all()
        assert edges.size == 0 or (edges.min() >= minutes[0] and spans.until_us[-1] <= minutes[-1] + 1)


@pytest.mark.parametrize(("zone", "text"), ODD_TIMES)
def test_a_month_of_office_hours_minute_by_minute(zone: str, text: str) -> None:
    office = tuple((n * 1440 + begin, n * 1440 + end) for n in range(6) for begin, end in ((0, 150), (510, 725)))
    schedule = Schedule((*office, (SUNDAY + 1380, SUNDAY + 1500)), frozenset({us(text) // DAY_US}))
    minutes = np.arange(us(text) - 10 * DAY_US, us(text) + 20 * DAY_US, MINUTE_US)
    hours = hours_of(zone, schedule, int(minutes[0]), int(minutes[-1]))
    assert holds(hours.working, minutes) == [is_working(zone, schedule, t) for t in minutes.tolist()]


def test_a_skipped_hour_does_not_count_and_a_repeated_one_counts_twice() -> None:
    night = Schedule(((SUNDAY + 120, SUNDAY + 180),))
    spring = hours_of("Europe/Oslo", night, "2026-03-28T00:00", "2026-03-30T00:00")
    assert pieces(spring.working) == []
    autumn = hours_of("Europe/Oslo", night, "2026-10-24T00:00", "2026-10-26T00:00")
    assert pieces(autumn.working) == [(us("2026-10-25T00:00"), us("2026-10-25T02:00"))]
    first_half = Schedule(((SUNDAY + 120, SUNDAY + 150),))
    autumn = hours_of("Europe/Oslo", first_half, "2026-10-24T00:00", "2026-10-26T00:00")
    assert pieces(autumn.working) == [
        (us("2026-10-25T00:00"), us("2026-10-25T00:30")),
        (us("2026-10-25T01:00"), us("2026-10-25T01:30")),
    ]


def test_half_an_hour_of_lord_howe() -> None:
    night = Schedule(((SUNDAY + 60, SUNDAY + 150),))
    back = hours_of("Australia/Lord_Howe", night, "2026-04-03T00:00", "2026-04-06T00:00")
    assert pieces(back.working) == [(us("2026-04-04T14:00"), us("2026-04-04T16:00"))]
    forth = hours_of("Australia/Lord_Howe", night, "2026-10-02T00:00", "2026-10-05T00:00")
    assert pieces(forth.working) == [(us("2026-10-03T14:30"), us("2026-10-03T15:30"))]


def test_a_friday_that_never_was() -> None:
    fridays = Schedule(((4 * 1440 + 540, 4 * 1440 + 1020),), frozenset({day("2011-12-30")}))
    hours = hours_of("Pacific/Apia", fridays, "2011-12-25T00:00", "2012-01-05T00:00")
    assert pieces(hours.holiday) == []
    assert pieces(hours.working) == []
    over = hours_of("Pacific/Apia", Schedule(((3 * 1440 + 1380, 5 * 1440),)), "2011-12-29T00:00", "2012-01-02T00:00")
    assert pieces(over.working) == [(us("2011-12-30T09:00"), us("2011-12-30T10:00"))]


def test_a_holiday_that_comes_back() -> None:
    schedule = Schedule(None, frozenset({day("2006-10-29")}))
    hours = hours_of("America/St_Johns", schedule, "2006-10-28T00:00", "2006-10-31T00:00")
    assert pieces(hours.holiday) == [
        (us("2006-10-29T02:30"), us("2006-10-29T02:31")),
        (us("2006-10-29T03:30"), us("2006-10-30T03:30")),
    ]
    assert pieces(hours.off_hours) == []
    assert [one[0] for one in pieces(hours.working)] == [
        us("2006-10-28T00:00"),
        us("2006-10-29T02:31"),
        us("2006-10-30T03:30"),
    ]


def test_a_block_over_sunday_midnight_and_one_of_the_whole_week() -> None:
    late = Schedule(((SUNDAY + 1320, SUNDAY + 1800),))
    hours = hours_of("Asia/Kathmandu", late, "2026-06-01T00:00", "2026-06-08T00:00")  # Monday to Monday
    assert pieces(hours.working) == [
        (us("2026-06-01T00:00"), us("2026-06-01T00:15")),
        (us("2026-06-07T16:15"), us("2026-06-08T00:00") + 1),
    ]
    week = Schedule(tuple((n * 1440, (n + 1) * 1440) for n in range(7)))
    hours = hours_of("Europe/Oslo", week, "2026-01-01T00:00", "2027-01-01T00:00")
    assert pieces(hours.off_hours) == []
    assert pieces(hours.working) == [(us("2026-01-01T00:00"), us("2027-01-01T00:00") + 1)]


def test_blocks_may_overlap_and_meet_in_any_order() -> None:
    blocks = ((720, 1020), (540, 720), (600, 660))
    hours = hours_of("UTC", Schedule(blocks), "2026-06-01T00:00", "2026-06-02T00:00")
    assert pieces(hours.working) == [(us("2026-06-01T09:00"), us("2026-06-01T17:00"))]


def test_leap_day_and_iso_week_53() -> None:
    schedule = Schedule(((3 * 1440, 4 * 1440),), frozenset({day("2024-02-29")}))
    hours = hours_of("UTC", schedule, "2024-02-26T00:00", "2024-03-08T00:00")
    assert pieces(hours.working) == [(us("2024-03-07T00:00"), us("2024-03-08T00:00"))]
    hours = hours_of("UTC", Schedule(((SUNDAY + 60, SUNDAY + 120),)), "2020-12-28T00:00", "2021-01-11T00:00")
    assert [one[0] for one in pieces(hours.working)] == [us("2021-01-03T01:00"), us("2021-01-10T01:00")]


def test_no_hours_at_all_and_all_hours() -> None:
    begin, end = us("2026-06-01T00:00"), us("2026-06-02T00:00")
    never = hours_of("UTC", Schedule(()), begin, end)
    assert (pieces(never.off_hours), pieces(never.working)) == ([(begin, end + 1)], [])
    # Whoever always works needs no zone, so nothing is asked of one, nor of the years it is known for.
    always = hours_of("nowhere", ALWAYS, -(2**60), 2**60)
    assert (pieces(always.working), pieces(always.holiday)) == ([(-(2**60), 2**60 + 1)], [])
    assert schedule_hours([], begin, end) == []
    instant = hours_of("UTC", Schedule(((0, 1),)), begin, begin)
    assert pieces(instant.working) == [(begin, begin + 1)]


def test_pairs_stay_in_order_and_do_not_mix() -> None:
    pairs = [("UTC", Schedule(((540, 600),))), ("Asia/Kathmandu", Schedule(((540, 600),))), ("UTC", ALWAYS)]
    found = schedule_hours(pairs, us("2026-06-01T00:00"), us("2026-06-01T23:00"))
    assert [one.working.from_us.tolist() for one in found] == [
        [us("2026-06-01T09:00")],
        [us("2026-06-01T03:15")],
        [us("2026-06-01T00:00")],
    ]


@pytest.mark.parametrize("block", [(540, 540), (540, 500), (-1, 5), (10_080, 10_090), (0, 10_081)])
def test_blocks_that_are_none_are_refused(block: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="block of working hours"):
        hours_of("UTC", Schedule((block,)), "2026-06-01T00:00", "2026-06-02T00:00")


def test_unknown_zones_are_refused() -> None:
    with pytest.raises(RefusedError, match="not an IANA name"):
        hours_of("Oslo", Schedule(((540, 600),)), "2026-06-01T00:00", "2026-06-02T00:00")


intervals = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 6)), max_size=8)


@given(intervals)
def test_unions_and_complements(drawn: list[tuple[int, int]]) -> None:
    starts = np.array([start for start, _ in drawn], dtype=np.int64)
    spans = merge(starts, starts + np.array([length for _, length in drawn], dtype=np.int64))
    inside = {point for start, length in drawn for point in range(start, start + length)}
    assert holds(spans, np.arange(40)) == [point in inside for point in range(40)]
    rest = complement(spans, 0, 40)
    assert holds(rest, np.arange(40)) == [point not in inside for point in range(40)]
    for found in (spans, rest):
        assert (found.until_us[:-1] < found.from_us[1:]).all()


def test_a_year_of_many_schedules_adds_up() -> None:
    begin, end = us("2026-01-01T00:00"), us("2027-01-01T00:00") - 1
    pairs = [
        (zone, Schedule(tuple((n * 1440 + 480 + shift, n * 1440 + 960 + shift) for n in range(7))))
        for zone, _ in ODD_TIMES
        for shift in (0, 15, 30)
    ]
    for one in schedule_hours(pairs, begin, end):
        # Eight hours of daylight on each of 365 local days, whatever the clocks did at night.
        assert int((one.working.until_us - one.working.from_us).sum()) == 365 * 8 * HOUR_US
