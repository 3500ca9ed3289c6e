"""Working hours and days off: how they are written, and the week of minutes they mean."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import TypeAdapter, ValidationError

from rr_pipeline.config.hours import Calendar, Hours, WorkingTime, block_text, days_off
from rr_pipeline.config.policy import working_time
from rr_pipeline.config.pools import WorkSettings

HOURS = TypeAdapter(Hours)
DAY = 1440


def words(written):
    return [block_text(block) for block in HOURS.validate_python(written)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({"mon": ["09:00-12:00", "13:00-17:30"]}, ["mon 09:00-12:00", "mon 13:00-17:30"]),
        ({"fri-sat": ["9:00-12:00"]}, ["fri 09:00-12:00", "sat 09:00-12:00"]),
        ({"saturday-mon": ["00:00-24:00"]}, ["mon 00:00-24:00", "sat 00:00-24:00", "sun 00:00-24:00"]),
        ({"tue": ["22:00-06:00 overnight"]}, ["tue 22:00-06:00 overnight"]),
        ({"tue": [{"from": "22:00", "until": "06:00", "overnight": "true"}]}, ["tue 22:00-06:00 overnight"]),
        ({"tue": [{"from": "06:00", "until": "22:00"}]}, ["tue 06:00-22:00"]),
        ({"tue": ["22:00 - 00:00 overnight"]}, ["tue 22:00-24:00"]),
        ({"tue": ["08:00-08:00 overnight"]}, ["tue 08:00-08:00 overnight"]),
        ({"tue": ["12:00-17:00", "09:00-12:00"]}, ["tue 09:00-17:00"]),
        ({"mon-tue": ["00:00-24:00"]}, ["mon 00:00-24:00", "tue 00:00-24:00"]),
        ({"sun": ["22:00-06:00 overnight"], "mon": ["06:00-08:00"]}, ["mon 06:00-08:00", "sun 22:00-06:00 overnight"]),
    ],
)
def test_what_is_written_and_what_it_means(written, expected):
    assert words(written) == expected


def test_blocks_are_minutes_of_the_week_and_reach_over_sunday_midnight():
    assert HOURS.validate_python({"sun": ["22:00-06:00 overnight"]}) == ((6 * DAY + 1320, 7 * DAY + 360),)
    assert HOURS.validate_python({"mon": ["00:00-00:30"], "sun": ["23:30-24:00"]}) == ((0, 30), (7 * DAY - 30, 7 * DAY))


def test_no_block_is_longer_than_a_day():
    blocks = HOURS.validate_python({"mon-sun": ["12:00-12:00 overnight"]})
    assert [end - start for start, end in blocks] == [DAY] * 7


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"tue": ["22:00-24:00 overnight"]}, "HOURS_INVALID"),
        ({"mon": ["08:00-08:30 overnight"]}, "HOURS_INVALID"),
        ({"mon": ["09:60-10:00"]}, "HOURS_INVALID"),
        ({"mon": ["23:00-24:01"]}, "HOURS_INVALID"),
        ({"mon": [["09:00", "10:00"]]}, "model_type"),
        ({"monday-": ["09:00-10:00"]}, "DAY_UNKNOWN"),
        ({"Mon": ["09:00-10:00"]}, "DAY_UNKNOWN"),
        ({"mon-wed-fri": ["09:00-10:00"]}, "DAY_UNKNOWN"),
        ({"mon-wed": ["09:00-10:00"], "wed-fri": ["09:00-10:00"]}, "DAY_REPEATED"),
        ({"mon-sun": ["20:00-04:00 overnight", "03:59-05:00"]}, "HOURS_OVERLAP"),
        ({"mon": ["09:00-10:00", "09:00-10:00"]}, "HOURS_OVERLAP"),
    ],
)
def test_what_is_refused(written, code):
    with pytest.raises(ValidationError) as caught:
        HOURS.validate_python(written)
    assert [error["type"] for error in caught.value.errors()] == [code]


def test_other_ways_to_write_one_week_are_one_week(folder):
    def content_hash(hours):
        folder.policy(("- user: cid", f"- {{user: cid, hours: {hours}}}"))
        return folder.load().policies[0].content_hash

    first = content_hash("{mon-tue: [09:00-17:00]}")
    assert first == content_hash("{tuesday: [12:00-17:00, 09:00-12:00], mon: [{from: 09:00, until: 17:00}]}")
    assert first != content_hash("{mon-tue: [09:00-17:01]}")


NINE, TEN = ((540, 1020),), ((600, 1020),)
CALENDARS = {
    "oslo": Calendar(hours=NINE, holidays=("NO",), dates=(date(2026, 5, 18),), not_holidays=(date(2026, 5, 1),)),
    "always": Calendar(holidays=("SE",)),
}
OSLO = WorkingTime("oslo", NINE, ("NO",), (date(2026, 5, 18),), (date(2026, 5, 1),))


@pytest.mark.parametrize(
    ("pool", "member", "expected"),
    [
        ({}, {}, WorkingTime()),
        ({"calendar": "oslo"}, {}, OSLO),
        ({}, {"calendar": "oslo"}, OSLO),
        ({"calendar": "oslo"}, {"calendar": "always"}, WorkingTime("always", None, ("SE",))),
        ({"hours": TEN, "holidays": ("DE",)}, {"calendar": "always"}, WorkingTime("always", None, ("SE",))),
        ({"hours": TEN}, {"holidays": ("DE",)}, WorkingTime(None, TEN, ("DE",))),
        ({"calendar": "oslo"}, {"holidays": ()}, WorkingTime("oslo", NINE)),
        ({"calendar": "always", "hours": TEN}, {}, WorkingTime("always", TEN, ("SE",))),
    ],
)
def test_a_members_settings_go_before_those_of_its_pool(pool, member, expected):
    assert working_time(CALENDARS, WorkSettings(**pool), WorkSettings(**member)) == expected


def test_own_hours_keep_the_days_off_of_the_calendar():
    found = working_time(CALENDARS, WorkSettings(calendar="oslo"), WorkSettings(hours=TEN))
    assert (found.hours, found.holidays, found.dates) == (TEN, OSLO.holidays, OSLO.dates)


def test_days_off_are_holidays_and_dates_without_those_that_are_worked():
    off = {date.fromordinal(day + 719_163) for day in days_off(OSLO, range(2026, 2027))}
    assert {date(2026, 5, 17), date(2026, 5, 18), date(2026, 12, 25)} <= off
    assert date(2026, 5, 1) not in off
    assert days_off(WorkingTime(), range(2026, 2027)) == frozenset()


def test_norway_is_a_country_and_half_past_five_a_time(folder):
    folder.policy(
        ("pools:", "calendars:\n  oslo:\n    hours: {mon: [{from: 08:00, until: 17:30}]}\n    holidays: [NO]\npools:"),
        ("  spare:", "  spare:\n    calendar: oslo"),
    )
    version = folder.load().policies[0]
    assert version.calendars["oslo"] == Calendar(hours=((480, 1050),), holidays=("NO",))
