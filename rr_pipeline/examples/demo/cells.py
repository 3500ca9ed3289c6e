"""The text of item rows in generic columns, before any spoiling.

Belongs here: how each feed spells a time, a country, a consent; persons are in ``persons``. Does not belong here:
which columns a feed has (``feeds``).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from rr_pipeline.examples.demo import companies, ids, timing
from rr_pipeline.examples.demo.arrivals import (
    CRM_CASES,
    CRM_LEADS,
    CRM_OPPORTUNITIES,
    EVENT_CONTACTS,
    PARTNER_LEADS,
    UPDATED,
    WEB_LEADS,
    Arrivals,
    World,
)
from rr_pipeline.examples.demo.draw import Bools, Ints
from rr_pipeline.examples.demo.feeds import FEEDS, Feed
from rr_pipeline.examples.demo.people import FINE, NO_CONSENT, SPAM
from rr_pipeline.examples.demo.persons import person_cells, series
from rr_pipeline.examples.demo.places import countries

_PRODUCTS = ("Routing", "Analytics", "Inbox", "Forms", "Platform", "")
_CHANNELS = ("Web", "Webinar", "Trade show", "Referral", "Paid search", "Newsletter", "Partner")
_CAMPAIGNS = ("", "", "spring-launch", "fair-routing-webinar", "oslo-expo", "free-trial", "summer-offer")
_TITLES = ("Head of Sales", "Operations Manager", "CTO", "Marketing Lead", "Buyer", "Managing Director", "", "Analyst")
_SUBJECTS = (
    "Cannot sign in",
    "Invoice is wrong",
    "Import stops half-way",
    "How do I add a user",
    "Report is empty",
    "Feature request",
)
_DEALS = ("New business", "Renewal", "Expansion", "Pilot")
_DESCRIPTIONS = (
    "Hello,\nsince this morning the page stays blank.\nRegards",
    'It says "quota exceeded", why?',
    "See the attached file; three rows, two columns.",
    "Urgent, please call.",
    "Works on one machine, not on the other.\r\nThanks",
)


def generic_cells(world: World, rows: Arrivals, source: int) -> pl.DataFrame:
    """Return one row a row of ``rows`` (all of one source): text columns by generic name, and ``spoil``, ``dice``."""
    feed = FEEDS[source]
    columns = {
        "id": record_ids(source, rows.number),
        "created": _spell_time(feed, rows.created_us),
        "updated": _spell_time(feed, rows.updated_us),
        **person_cells(world, rows, source),
        **_place(world, rows, source),
        **_business(world, rows, source),
        **_small(world, rows, source),
        **_links(world, rows, source),
        "spoil": pl.Series(rows.spoil),
        "dice": pl.Series(rows.dice),
    }
    return pl.DataFrame(columns)


def record_ids(source: int, numbers: Ints) -> pl.Series:
    """Return the ids of item rows in the shape of their system."""
    if source == WEB_LEADS:
        return ids.padded_ids("", numbers + 1, 8)
    if source == PARTNER_LEADS:
        return ids.hex_ids("pl-", numbers)
    if source == EVENT_CONTACTS:
        return pl.Series(numbers + 10_000_151).cast(pl.String)
    return ids.salesforce_ids({CRM_LEADS: "00Q", CRM_OPPORTUNITIES: "006", CRM_CASES: "500"}[source], numbers)


def _spell_time(feed: Feed, instants: Ints) -> pl.Series:
    if feed.time_style == "iso_offset":
        return timing.iso_offset(instants)
    if feed.time_style == "iso_z":
        return timing.iso_z(instants)
    return timing.local(instants, feed.zone, feed.time_style)


def _dealt(words: tuple[str, ...], dice: Ints, shift: int) -> pl.Series:
    """Pick words by some bits of the dice; another ``shift`` gives an independent choice."""
    return series(words).gather((dice >> shift) % len(words))


def _place(world: World, rows: Arrivals, source: int) -> dict[str, pl.Series]:
    people, who = world.people, rows.person
    code = people.country[who]
    starts = np.cumsum([0, *(len(country.cities) for country in countries())])[code]
    cities = [city for country in countries() for city in country.cities]
    city, state, postal = (
        series(tuple(row[part] for row in cities)).gather(starts + people.city[who]) for part in range(3)
    )
    names = {
        WEB_LEADS: tuple(country.norwegian for country in countries()),
        PARTNER_LEADS: tuple(country.code for country in countries()),
    }.get(source, tuple(country.name for country in countries()))
    country = series(names).gather(code)
    if source == CRM_LEADS:  # two generations of the CRM's country field live side by side
        short = series(tuple(place.code for place in countries())).gather(code)
        country = pl.select(pl.when(pl.Series((rows.dice >> 9) % 5 == 0)).then(short).otherwise(country)).to_series()
    language = np.array([place.language for place in countries()])[code]
    # One in twelve of the Swiss asks for Italian, which nobody in that pool speaks: those wait, and can be explained.
    swiss = np.array([place.code == "CH" for place in countries()])[code] & ((rows.person * 7 + 1) % 12 == 0)
    language = np.where(swiss, "it", language)
    return {
        "country": country,
        "city": city,
        "state": state,
        "postal": postal,
        "language": pl.Series(language.astype(object), dtype=pl.String),
    }


def _business(world: World, rows: Arrivals, source: int) -> dict[str, pl.Series]:
    people, who = world.people, rows.person
    account = people.account[who]
    names, domains = companies.prospects()
    own_names, own_domains = companies.accounts(world.account_count)
    at = np.where(account >= 0, len(names) + account, people.company[who])
    company = series((*names, *own_names)).gather(at)
    legal = series(tuple(country.legal for country in countries())).gather(people.country[who])
    western = source == WEB_LEADS
    if western:  # accounts are named after cities that this code page lacks
        company = company.str.replace_many(["Kraków"], ["Krakow"])
    plain = pl.Series(account >= 0)
    full = pl.select(
        pl.when(plain | pl.Series((rows.dice >> 11) % 3 == 0)).then(company).otherwise(company + " " + legal)
    ).to_series()
    spam = pl.Series(people.standing[who] == SPAM)
    site = "https://www." + series((*domains, *own_domains)).gather(at)
    employees = people.employees[who]
    revenue = employees * 125_000 + rows.dice % 90_000
    point = "," if western else "."
    score = pl.select(
        pl.format("0{}{}", pl.lit(point), pl.Series((rows.dice >> 14) % 99 + 1).cast(pl.String).str.zfill(2))
    ).to_series()
    return {
        "company": pl.select(pl.when(spam).then(pl.lit("FREE MONEY!!! Click now")).otherwise(full)).to_series(),
        "website": pl.select(
            pl.when(pl.Series((rows.dice >> 17) % 2 == 0)).then(site).otherwise(pl.lit(""))
        ).to_series(),
        "employees": pl.Series(employees).cast(pl.String),
        "revenue": pl.Series(revenue).cast(pl.String),
        "score": score,
        "industry": series(companies.INDUSTRIES).gather(at % len(companies.INDUSTRIES)),
    }


def _small(world: World, rows: Arrivals, source: int) -> dict[str, pl.Series]:
    dice, count = rows.dice, len(rows)
    status = pl.select(
        pl.when(pl.Series(rows.twin == UPDATED))
        .then(pl.lit("Working - Contacted"))
        .otherwise(pl.lit("Open - Not Contacted"))
    ).to_series()
    titles = {CRM_CASES: _SUBJECTS, CRM_OPPORTUNITIES: _DEALS}.get(source, _TITLES)
    return {
        "title": _dealt(titles, dice, 3),
        "description": _dealt(_DESCRIPTIONS, dice, 4),
        "case_number": ids.padded_ids("", rows.number + 1_001, 8),
        "opportunity_type": _dealt(("New Business", "Existing Business"), dice, 6),
        "stage": _dealt(
            ("Prospecting", "Qualification")
            if source == CRM_OPPORTUNITIES
            else ("lead", "subscriber", "marketingqualifiedlead"),
            dice,
            7,
        ),
        "product": _dealt(_PRODUCTS, dice, 8),
        "skills": _skills(world, rows),
        "priority": _dealt(("Medium", "High", "Low") if source == CRM_CASES else ("Warm", "Hot", "Cold"), dice, 12),
        "channel": _dealt(_CHANNELS, dice, 13),
        "campaign": _dealt(_CAMPAIGNS, dice, 15),
        "consent": _consent(world.people.standing[rows.person], dice, source),
        "status": pl.repeat("New", count, eager=True) if source == CRM_CASES else status,
        "false": pl.repeat("false", count, eager=True),
    }


def is_urgent(source: Ints, dice: Ints) -> Bools:
    """Return where a row says Hot or High: only the CRM's leads and cases say how urgent they are."""
    says: Bools = np.isin(source, (CRM_LEADS, CRM_CASES)) & ((dice >> 12) % 3 == 1)
    return says


def is_keen(source: Ints, dice: Ints) -> Bools:
    """Return where the score of a lead or contact is 0.90 or more."""
    says: Bools = ((dice >> 14) % 99 + 1 >= 90) & (source <= EVENT_CONTACTS)
    return says


def _skills(world: World, rows: Arrivals) -> pl.Series:
    """One record in ten names skills: its language, now and then also the seniority it wants."""
    spoken = {"de": "german", "fr": "french", "es": "spanish", "nl": "dutch", "sv": "swedish", "ja": "japanese"}
    words = tuple(spoken.get(country.language, "") for country in countries())
    code = world.people.country[rows.person]
    asks = (rows.dice >> 10) % 10 == 0
    wants_more = np.isin(code, [n for n, country in enumerate(countries()) if country.code in {"DE", "FR", "BE"}])
    word = series((*words, *(f"{word}; enterprise" for word in words))).gather(
        code + np.where(wants_more & (rows.dice % 3 == 0), len(words), 0)
    )
    return _blank_unless(asks, word)


def _consent(standing: Ints, dice: Ints, source: int) -> pl.Series:
    """The same answer in four tongues: the CRM asks whether somebody opted OUT, the others whether they opted in."""
    yes, no = {WEB_LEADS: ("ja", "nei"), EVENT_CONTACTS: ("Yes", "No")}.get(source, ("true", "false"))
    if source == CRM_LEADS:
        yes, no = "false", "true"
    denied: Bools = standing == NO_CONSENT
    silent = (standing == FINE) & ((dice >> 19) % 25 == 0) & (source != CRM_LEADS)
    return pl.Series(np.where(denied, no, np.where(silent, "", yes)).astype(object), dtype=pl.String)


def _links(world: World, rows: Arrivals, source: int) -> dict[str, pl.Series]:
    """Where the CRM already knows the company or the person; the owner field of a new record is a queue's."""
    account, contact = world.people.account[rows.person], world.contact[rows.person]
    knows = (account >= 0) & ((source != CRM_LEADS) | (rows.person % 2 == 0))
    return {
        "account_id": _blank_unless(knows, ids.salesforce_ids("001", np.maximum(account, 0))),
        "contact_id": _blank_unless(contact >= 0, ids.salesforce_ids("003", np.maximum(contact, 0))),
        "owner": pl.repeat("queue-inbound", len(rows), eager=True),
    }


def _blank_unless(keep: Bools, text: pl.Series) -> pl.Series:
    return pl.select(pl.when(pl.Series(keep)).then(text).otherwise(pl.lit(""))).to_series()
