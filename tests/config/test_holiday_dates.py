"""Public holidays by name: dates that everybody can look up, and what is said of names that are none."""

from __future__ import annotations

import csv
import socket
from collections import defaultdict
from datetime import date

import pytest

from rr_pipeline.config import holiday_dates
from rr_pipeline.config.holiday_dates import HolidayCalendarError, check_calendar, holiday_days, unsure_years
from tests.data_sets import FOLDER, data_set
from tests.facts import rows as facts

EPOCH = date(1970, 1, 1)


def dates(calendar: str, first: int, last: int | None = None) -> set[str]:
    days = holiday_days(calendar, range(first, (last or first) + 1))
    return {date.fromordinal(EPOCH.toordinal() + one).isoformat() for one in days}


def test_a_year_of_norway() -> None:
    assert dates("NO", 2026) == {
        "2026-01-01", "2026-04-02", "2026-04-03", "2026-04-05", "2026-04-06", "2026-05-01",
        "2026-05-14", "2026-05-17", "2026-05-24", "2026-05-25", "2026-12-25", "2026-12-26",
    }  # fmt: skip


def test_days_in_lieu_are_days_off_also_before_the_year_begins() -> None:
    assert {"2021-07-05", "2021-12-24", "2021-12-31", "2022-06-20", "2022-12-26"} <= dates("US", 2021, 2022)
    assert "2021-12-31" in dates("US", 2021)
    assert all(one.startswith("2022") for one in dates("US", 2022))


def test_parts_of_a_country_have_days_of_their_own() -> None:
    assert dates("US-CA", 2026) - dates("US", 2026) >= {"2026-03-31"}
    assert dates("DE-BY", 2026) - dates("DE", 2026) == {"2026-01-06", "2026-06-04", "2026-11-01"}
    assert dates("DE", 2026) <= dates("DE-BY", 2026)
    assert dates("GB-SCT", 2026) - dates("GB", 2026) >= {"2026-01-02", "2026-11-30"}


def test_years_add_up_and_are_calendar_years() -> None:
    for calendar in ("NO", "US-CA", "AE", "IL", "JP"):
        whole = holiday_days(calendar, range(2015, 2030))
        assert whole == frozenset().union(
            *(holiday_days(calendar, range(year, year + 1)) for year in range(2015, 2030))
        )
    assert holiday_days("NO", range(2020, 2020)) == frozenset()
    assert holiday_days("NO", range(2020, 2022)) is holiday_days("NO", range(2020, 2022))


@pytest.mark.parametrize("fact", facts("holidays.csv"), ids=lambda one: f"{one['calendar']}-{one['year']}")
def test_a_year_as_its_law_has_it(fact: dict[str, str]) -> None:
    year = fact["year"]
    assert dates(fact["calendar"], int(year)) == {f"{year}-{one}" for one in fact["dates"].split()}


@data_set("reference/public_holidays_2016_2027.csv")
def test_dates_of_a_public_list() -> None:
    expected: dict[str, set[str]] = defaultdict(set)
    with (FOLDER / "reference/public_holidays_2016_2027.csv").open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            name = f"{row['country']}-{row['subdivision']}" if row["subdivision"] else row["country"]
            expected[name].add(row["date"])
    assert len(expected) == 36
    for calendar, days in expected.items():
        assert dates(calendar, 2016, 2027) == days, calendar


def test_every_calendar_can_be_built_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a network is asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    names = holiday_dates._names()
    assert len(names) > 800
    empty = {name for name in names if not holiday_days(name, range(2021, 2022))}
    assert empty <= {"BV", "HM", "IO"} | {name for name in names if name.startswith("GW")}
    assert not any(check_calendar(name) for name in names)


@pytest.mark.parametrize(
    ("wrong", "meant"),
    [
        ("no", "NO"),
        ("NOR", "NO"),
        ("Norway", "NO"),
        ("UK", "GB"),
        ("US_CA", "US-CA"),
        ("us-ca", "US-CA"),
        ("US-California", "US-CA"),
        ("DE-Bayern", "DE-BY"),
        ("new zealand", "NZ"),
        ("SE-AB", "SE"),
        ("DE-", "DE"),
        ("GB-SCO", "GB-SCT"),
    ],
)
def test_the_nearest_name_is_given(wrong: str, meant: str) -> None:
    with pytest.raises(HolidayCalendarError, match="is no holiday calendar") as refused:
        holiday_days(wrong, range(2026, 2027))
    assert str(refused.value).endswith(f" Did you mean '{meant}'?")
    assert isinstance(refused.value, ValueError)
    assert refused.value.code == "HOLIDAYS_UNKNOWN"


@pytest.mark.parametrize("wrong", ["", "XX", "EU", "-", "US-99999", "NO" * 100])
def test_names_that_are_near_to_nothing(wrong: str) -> None:
    problem = check_calendar(wrong)
    assert "is no holiday calendar" in problem
    assert "Did you mean" not in problem
    assert len(problem) < 400


def test_calendars_that_end() -> None:
    assert unsure_years("NO", range(1990, 2101)) == ()
    assert unsure_years("IN", range(2000, 2038)) == (2000, 2036, 2037)
    assert unsure_years("NO", range(2099, 2103)) == (2101, 2102)
    with pytest.raises(HolidayCalendarError):
        unsure_years("XX", range(2026, 2027))


@pytest.mark.parametrize("name", ["NO", "US-CA", "GB", "JP", "SA", "DE-BY", "AU"])
def test_years_asked_together_have_the_holidays_of_each(name):
    """Days in lieu of a holiday may lie in another year; which years are asked for at once must not matter."""
    years = range(1990, 2101)
    assert holiday_days(name, years) == frozenset().union(
        *(holiday_days(name, range(year, year + 1)) for year in years)
    )
