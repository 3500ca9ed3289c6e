"""The people behind the records: one row a person, as whole numbers and two address columns.

Belongs here: who somebody is (name, country, employer, addresses, phone). Does not belong here: how often and where
they turn up (``arrivals``), or how a system spells them (``cells``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from rr_pipeline.examples.demo import companies
from rr_pipeline.examples.demo.draw import Bools, Draw, Ints, pick_each
from rr_pipeline.examples.demo.names import GROUPS, name_tables
from rr_pipeline.examples.demo.places import countries

# Mailboxes that ignore what follows a plus and, the first, dots: the project's config says so.
FREE_MAIL = ("postbox.mail", "letterbox.mail", "pigeonhole.mail")
SPAM_MAIL = ("casino-bonus.mail", "prize-winner.mail", "cheap-followers.mail")
RIVAL_MAIL = "rival-routing.corp"
# Standing of a person: what the qualification rules of the policy will say.
STANDINGS = ("fine", "no_consent", "spam", "out_of_market", "competitor")
FINE, NO_CONSENT, SPAM, OUT_OF_MARKET, RIVAL = range(5)
_STANDING = (9_480, 260, 120, 90, 50)
_DIASPORA = tuple(GROUPS.index(group) for group in ("es", "pl", "hi", "zh", "pt", "de"))


@dataclass(frozen=True)
class People:
    """One row a person, by position. ``company`` counts prospects; ``account`` is -1 or an account's number.

    ``phone`` holds the national digits as a number (0: none). ``email`` and ``second_email`` (null: none) are distinct
    over all people, also when case, dots and plus tags are ignored. ``is_western``: the name fits the code page.
    """

    country: Ints
    first: Ints
    last: Ints
    is_native: Bools
    is_western: Bools
    standing: Ints
    company: Ints
    account: Ints
    city: Ints
    phone: Ints
    employees: Ints
    email: pl.Series
    second_email: pl.Series
    is_free_mail: Bools

    def __len__(self) -> int:
        return len(self.country)


def make_people(seed: int, western: Bools, at_account: Ints) -> People:
    """Return one person a row of ``western`` (true: only names that fit the western code page).

    ``at_account`` is the account a person works at, or -1.
    """
    draw = Draw(seed, "people")
    count = len(western)
    standing = draw.pick(_STANDING, count)
    country = _countries(draw, western, standing == OUT_OF_MARKET)
    group, is_native = _groups(draw, country, western)
    is_western = np.array([place.is_western for place in countries()])[country] & (group != GROUPS.index("pl"))
    first_table, last_table = name_tables()
    first, last = (
        np.asarray(table.offsets)[group] + pick_each(draw, np.asarray(table.sizes)[group])
        for table in (first_table, last_table)
    )
    company = draw.below(len(companies.prospects()[0]), count)
    is_free = draw.chance(3_000, count) & (at_account < 0)
    domains = _domains(draw, company, at_account, is_free, standing)
    email, second = _emails(draw, first, last, domains)
    return People(
        country=country,
        first=first,
        last=last,
        is_native=is_native,
        is_western=is_western,
        standing=standing,
        company=company,
        account=at_account,
        city=pick_each(draw, np.array([len(c.cities) for c in countries()])[country]),
        phone=_phones(draw, country),
        employees=_employees(draw, company, at_account),
        email=email,
        second_email=second,
        is_free_mail=is_free & (standing != SPAM) & (standing != RIVAL),
    )


def _countries(draw: Draw, western: Bools, outside: Bools) -> Ints:
    market = [0 if country.code in {"BR", "MX"} else country.weight for country in countries()]
    near = [weight if country.is_western else 0 for weight, country in zip(market, countries(), strict=True)]
    far = [country.weight - weight for weight, country in zip(market, countries(), strict=True)]
    picked = np.where(western, draw.pick(near, len(western)), draw.pick(market, len(western)))
    return np.where(outside, draw.pick(far, len(western)), picked)


def _groups(draw: Draw, country: Ints, western: Bools) -> tuple[Ints, Bools]:
    """Names of the country; one in eight in the English-speaking ones has roots elsewhere, spelt in Latin letters."""
    home = np.array([GROUPS.index(c.group) for c in countries()])[country]
    roots = np.array(_DIASPORA)[draw.below(len(_DIASPORA), len(country))]
    moved = draw.chance(1_250, len(country)) & (home == GROUPS.index("en"))
    polish = roots == GROUPS.index("pl")
    moved &= ~(western & polish)
    return np.where(moved, roots, home), ~(moved & ~polish & (roots != GROUPS.index("de")))


def _domains(draw: Draw, company: Ints, account: Ints, is_free: Bools, standing: Ints) -> pl.Series:
    count = len(company)
    _, prospect_domains = companies.prospects()
    _, account_domains = companies.accounts(int(account.max(initial=-1)) + 1)
    pool = [*prospect_domains, *FREE_MAIL, *SPAM_MAIL, RIVAL_MAIL, *account_domains]
    free, spam = len(prospect_domains), len(prospect_domains) + len(FREE_MAIL)
    rival = spam + len(SPAM_MAIL)
    where = np.where(is_free, free + draw.pick((6, 3, 1), count), company)
    where = np.where(account >= 0, rival + 1 + account, where)
    where = np.where(standing == SPAM, spam + draw.below(len(SPAM_MAIL), count), where)
    where = np.where(standing == RIVAL, rival, where)
    return pl.Series(pool).gather(where)


def _emails(draw: Draw, first: Ints, last: Ints, domains: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Addresses from names; the second, third... bearer of the same one gets a number, as in real life."""
    count = len(first)
    tables = name_tables()
    shape = draw.pick((60, 25, 8, 7), count)
    has_second = draw.chance(1_800, count)
    frame = pl.DataFrame({"shape": shape, "domain": domains}).with_columns(
        first=pl.Series(tables[0].local).gather(first), last=pl.Series(tables[1].local).gather(last)
    )
    box = (
        pl.when(pl.col("shape") == 0)
        .then(pl.col("first") + "." + pl.col("last"))
        .when(pl.col("shape") == 1)
        .then(pl.col("first").str.slice(0, 1) + pl.col("last"))
        .when(pl.col("shape") == 2)
        .then(pl.col("last") + "." + pl.col("first"))
        .otherwise(pl.col("first") + "-" + pl.col("last"))
    )
    frame = frame.with_columns(box=box)
    private = pl.Series(FREE_MAIL).gather(draw.below(len(FREE_MAIL), count))
    other = frame.with_columns(domain=private).filter(pl.Series(has_second))
    both = pl.concat([frame.select("box", "domain"), other.select("box", "domain")])
    bearer = pl.int_range(pl.len()).over(pl.col("box").str.replace_all(".", "", literal=True), "domain")
    number = pl.when(bearer == 0).then(pl.lit("")).otherwise((bearer + 1).cast(pl.String))
    text = both.select(pl.col("box") + number + "@" + pl.col("domain")).to_series()
    where = np.where(has_second, count + np.cumsum(has_second) - 1, -1)
    second = text.gather(pl.Series(where).replace(-1, None))
    return text.head(count), second


def _phones(draw: Draw, country: Ints) -> Ints:
    count = len(country)
    kind = pick_each(draw, np.array([len(c.phones) for c in countries()])[country])
    widest = max(len(c.phones) for c in countries())
    spans = np.ones((len(countries()), widest), dtype=np.int64)
    prefixes = np.zeros((len(countries()), widest), dtype=np.int64)
    for row, place in enumerate(countries()):
        for column, (prefix, digits) in enumerate(place.phones):
            spans[row, column], prefixes[row, column] = 10**digits, int(prefix)
    span = spans[country, kind]
    number = prefixes[country, kind] * span + pick_each(draw, span)
    return np.where(draw.chance(5_500, count), number, 0)


def _employees(draw: Draw, company: Ints, account: Ints) -> Ints:
    """Head counts: a property of the company, so that everybody there tells about the same."""
    key = np.where(account >= 0, account * 7 + 3, company * 13 + 5) % 1_009
    size = np.array([5, 12, 30, 80, 220, 480, 900, 1_500, 4_000, 12_000])
    steps = np.searchsorted(np.cumsum([140, 190, 210, 170, 120, 70, 45, 35, 20, 9]), key, side="right")
    return np.asarray(size[np.clip(steps, 0, 9)] + draw.below(3, len(company)), dtype=np.int64)
