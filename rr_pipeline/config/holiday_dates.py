"""Public holidays by name: ``NO``, ``US-CA``, ``DE-BY``.

Belongs here: which names there are, and the dates behind them, as the pinned ``holidays`` package gives them. Does not
belong here: whose holidays they are, single dates of a policy, or any instant.

The package carries rules and tables and asks nobody. Its dates are those of its version: a later one may know better,
so whoever stores a decision by them stores the dates, not the name.
"""

from __future__ import annotations

import warnings
from datetime import date
from functools import lru_cache

import holidays
from holidays.constants import PUBLIC
from holidays.registry import COUNTRIES

from rr_pipeline.errors import nearest

_EPOCH = date(1970, 1, 1).toordinal()


class HolidayCalendarError(ValueError):
    """A name of a holiday calendar that there is none for. ``code`` is a problem code; the text says how to fix it."""

    code = "HOLIDAYS_UNKNOWN"


def holiday_days(calendar: str, years: range) -> frozenset[int]:
    """Return the public holidays of these calendar years, days in lieu included, as days since 1970-01-01.

    ``calendar``: a country (ISO 3166-1, two letters), or country-subdivision as in ISO 3166-2. A country by itself has
    what is off in all of it, a subdivision that and its own. Half days, bank and school holidays are working days.
    Raises HolidayCalendarError for an unknown name.
    """
    _refuse_unknown(calendar)
    return _days_of_years(calendar, years)


def unsure_years(calendar: str, years: range) -> tuple[int, ...]:
    """Return those of ``years`` of which the package itself says that it does not know all holidays, ascending.

    Some calendars follow yearly announcements and end soon. Raises HolidayCalendarError for an unknown name.
    """
    _refuse_unknown(calendar)
    return tuple(year for year in sorted(years) if _is_unsure(calendar, year))


def check_calendar(name: str) -> str:
    """Return what is wrong with a name and which one is near, or an empty text where there is such a calendar."""
    country, dash, subdivision = name.partition("-")
    if country not in _codes():
        text = "is no holiday calendar; write a country of ISO 3166 with two letters, or a part of one: NO, US-CA"
    elif dash and not _subdivisions(country):
        text = f"is no holiday calendar; there is only one for all of {country}"
    elif dash and subdivision not in _subdivisions(country):
        text = f"is no holiday calendar; the parts of {country} are {', '.join(sorted(_subdivisions(country)))}"
    else:
        return ""
    meant = _meant(name)
    own = {one for one in _names() if one.startswith(f"{country}-")}
    hint = f" Did you mean '{meant}'?" if meant else nearest(name, own or _names())
    return f"'{name[:64]}' {text}.{hint}"


def _refuse_unknown(name: str) -> None:
    if problem := check_calendar(name):
        raise HolidayCalendarError(problem)


def _meant(name: str) -> str:
    """Return the calendar of another spelling: us-ca, US_CA, USA, Norway, DE-Bayern; empty when there is none."""
    country, _, part = name.strip().replace("_", "-").partition("-")
    code = _codes_by_spelling().get(country.casefold(), "")
    if not code or not part or not _subdivisions(code):
        return code
    found = _parts_by_spelling(code).get(part.casefold(), "")
    return f"{code}-{found}" if found else ""


@lru_cache(maxsize=1)
def _codes() -> frozenset[str]:
    return frozenset(entity[1] for entity in COUNTRIES.values())


@lru_cache(maxsize=512)
def _subdivisions(country: str) -> frozenset[str]:
    return frozenset(holidays.country_holidays(country).subdivisions)


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return _codes() | {f"{country}-{part}" for country in _codes() for part in _subdivisions(country)}


@lru_cache(maxsize=1)
def _codes_by_spelling() -> dict[str, str]:
    return {
        spelling.casefold(): entity[1]
        for module, entity in COUNTRIES.items()
        for spelling in (module.replace("_", " "), module.replace("_", "-"), *entity)
    }


@lru_cache(maxsize=512)
def _parts_by_spelling(country: str) -> dict[str, str]:
    known = holidays.country_holidays(country)
    spellings = {alias.casefold(): code for code, more in known.get_subdivision_aliases().items() for alias in more}
    return spellings | {code.casefold(): code for code in _subdivisions(country)}


@lru_cache(maxsize=4096)
def _days_of_years(calendar: str, years: range) -> frozenset[int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ``unsure_years`` is asked about them
        found = _found(calendar, years)
    return frozenset(day.toordinal() - _EPOCH for day in found if day.year in years)


@lru_cache(maxsize=65_536)
def _is_unsure(calendar: str, year: int) -> bool:
    """Tell whether the package warns of a year, or has no tables of it."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = _found(calendar, year)
    return bool(said) or not found.start_year <= year <= found.end_year


def _found(calendar: str, years: range | int) -> holidays.HolidayBase:
    country, _, subdivision = calendar.partition("-")
    return holidays.country_holidays(
        country, subdivision or None, years=years, expand=False, observed=True, categories=PUBLIC
    )
