"""The parts by themselves: draws, ids, names, companies, times."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import phonenumbers
import pytest

from rr_pipeline.examples.demo import companies, ids, timing
from rr_pipeline.examples.demo.arrivals import make_world
from rr_pipeline.examples.demo.draw import Draw
from rr_pipeline.examples.demo.names import name_tables, plain
from rr_pipeline.examples.demo.places import countries
from rr_pipeline.examples.demo.timing import DAY, Period, to_us


def test_draws_are_pinned():
    """The stream itself is part of the promise: other numbers mean other bytes for everybody's seed."""
    assert Draw(7, "people").below(1_000_000, 5).tolist() == Draw(7, "people").below(1_000_000, 5).tolist()
    assert Draw(7, "people").below(1000, 5).tolist() != Draw(7, "arrivals").below(1000, 5).tolist()
    assert np.bincount(Draw(1, "x").pick((0, 3, 1), 4000)).tolist()[0] == 0


def test_salesforce_ids_are_distinct_and_their_check_letters_right():
    made = ids.salesforce_ids("00Q", np.arange(20_000)).to_list()
    assert len(set(made)) == 20_000
    assert len({name[:15].casefold() + name[15:] for name in made}) == 20_000
    for name in made[:50]:
        for part in range(3):
            bits = sum(1 << place for place, letter in enumerate(name[part * 5 : part * 5 + 5]) if letter.isupper())
            assert name[15 + part] == "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]


def test_other_ids():
    assert len(set(ids.hex_ids("pl-", np.arange(20_000)))) == 20_000
    assert ids.padded_ids("", np.array([42]), 8).to_list() == ["00000042"]
    assert ids.salesforce_ids("00Q", np.array([], dtype=np.int64)).to_list() == []
    assert ids.hex_ids("pl-", np.array([], dtype=np.int64)).to_list() == []


def test_names_have_an_address_form():
    for table in name_tables():
        assert all(word and word.isascii() for word in table.local)
    assert plain("d'Aubigny") == "daubigny"
    assert plain("García Núñez") == "garcia-nunez"


def test_western_countries_fit_the_western_code_page():
    for country in countries():
        if country.is_western:
            (country.norwegian + str(country.cities)).encode("cp1252")


@pytest.mark.parametrize("country", countries(), ids=lambda country: country.code)
def test_every_number_range_is_valid(country):
    for prefix, digits in country.phones:
        for tail in ("0" * digits, "9" * digits, "1234567890"[:digits]):
            number = phonenumbers.parse(f"+{country.dial}{prefix}{tail}")
            assert phonenumbers.is_valid_number(number), (prefix, tail)


def test_accounts_have_domains_of_their_own():
    _, domains = companies.accounts(28_000)
    assert len(set(domains)) == 28_000
    assert not set(domains) & set(companies.prospects()[1])


@pytest.mark.parametrize("days", [1, 2, 7, 31, 32, 90, 365, 401, 3_660])
def test_periods_end_on_the_same_day_and_are_cut_without_gaps(days):
    period = Period.of(days)
    assert period.end_us == to_us(datetime(2026, 7, 1, tzinfo=UTC))
    assert period.end_us - period.start_us == days * DAY
    assert list(period.edges) == sorted(set(period.edges))
    assert period.deliveries <= 150
    assert period.start < period.switch < timing.PERIOD_END


def test_local_times_are_those_of_the_zone():
    instants = [datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)]
    told = timing.local(np.array([to_us(instant) for instant in instants]), "Europe/Oslo", "%d.%m.%Y %H:%M")
    assert told.to_list() == [i.astimezone(ZoneInfo("Europe/Oslo")).strftime("%d.%m.%Y %H:%M") for i in instants]
    assert told.to_list() == ["29.03.2026 01:59", "29.03.2026 03:00"]


def test_people_are_told_apart_by_their_addresses():
    people = make_world(5_000, 3, 30).people
    both = [*people.email.to_list(), *people.second_email.drop_nulls().to_list()]
    keys = {address.replace(".", "").casefold() for address in both}
    assert len(keys) == len(both)


def test_arrivals_lie_in_the_period_and_their_delivery_comes_after():
    world = make_world(5_000, 3, 30)
    rows, edges = world.arrivals, np.array(world.period.edges)
    assert rows.created_us.min() >= world.period.start_us
    assert max(rows.created_us.max(), rows.updated_us.max()) < world.period.end_us
    assert (rows.created_us < edges[rows.delivery + 1]).all()
    assert (rows.updated_us < edges[rows.delivery + 1]).all()


def test_weekends_are_thin_and_nights_quiet():
    rows = make_world(20_000, 3, 28).arrivals
    day = (rows.created_us // DAY + 3) % 7
    assert (day >= 5).mean() < 0.10
    hour = rows.created_us // timing.HOUR % 24
    assert ((hour >= 6) & (hour < 20)).mean() > 0.8
