"""How a row spells its person: names, addresses, phone numbers.

Belongs here: the variants by which duplicates of one person differ. Does not belong here: making people (``people``).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import polars as pl

from rr_pipeline.examples.demo.arrivals import CASE, DOTS, PARTNER_LEADS, PHONE, PLUS, SECOND_EMAIL, Arrivals, World
from rr_pipeline.examples.demo.names import name_tables
from rr_pipeline.examples.demo.places import countries


@cache
def series(words: tuple[str, ...]) -> pl.Series:
    """Return ``words`` as a series to gather from."""
    return pl.Series(words, dtype=pl.String)


def person_cells(world: World, rows: Arrivals, source: int) -> dict[str, pl.Series]:
    """Return the names, addresses and phone of each row's person as this row tells them, by generic column."""
    people, who = world.people, rows.person
    firsts, lasts = name_tables()
    native = pl.Series(people.is_native[who] & (source != PARTNER_LEADS))
    frame = pl.DataFrame(
        {"native": native, "email": people.email.gather(who), "second": people.second_email.gather(who)}
    )
    frame = frame.with_columns(twin=pl.Series(rows.twin), dice=pl.Series(rows.dice))
    names = {
        key: pl.select(
            pl.when(native).then(series(table.native).gather(index)).otherwise(series(table.latin).gather(index))
        ).to_series()
        for key, table, index in (("first", firsts, people.first[who]), ("last", lasts, people.last[who]))
    }
    return {**names, **_emails(frame), "phone": _phones(world, rows)}


def _emails(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """First and second address as this row tells them; duplicates tell the same mailbox in another way."""
    email, twin, dice = pl.col("email"), pl.col("twin"), pl.col("dice")
    box, domain = email.str.split("@").list.first(), email.str.split("@").list.last()
    tag = pl.when(dice % 2 == 0).then(pl.lit("+news")).otherwise(pl.lit("+crm2026"))
    first = (
        pl.when(twin == PHONE)
        .then(pl.lit(""))
        .when(twin == CASE)
        .then(pl.when(dice % 3 == 0).then(email.str.to_uppercase()).otherwise(email.str.to_titlecase()))
        .when(twin == PLUS)
        .then(box + tag + "@" + domain)
        .when(twin == DOTS)
        .then(box.str.slice(0, 1) + "." + box.str.slice(1).str.replace_all(".", "", literal=True) + "@" + domain)
        .when(twin == SECOND_EMAIL)
        .then(pl.col("second"))
        .otherwise(email)
    )
    tells_second = ~twin.is_in([PHONE, SECOND_EMAIL])
    second = pl.when(tells_second).then(pl.col("second")).otherwise(None).fill_null("")
    told = frame.select(email=first, email2=second)
    return {"email": told.get_column("email"), "email2": told.get_column("email2")}


def _phones(world: World, rows: Arrivals) -> pl.Series:
    """Numbers in the styles people type: with plus, with 00, in brackets; now and then without the country."""
    people, who = world.people, rows.person
    number = people.phone[who]
    dial = series(tuple(country.dial for country in countries())).gather(people.country[who])
    digits = pl.Series(number).cast(pl.String)
    style = (rows.dice >> 5) % 8
    # 00 is how Europe dials abroad; elsewhere nobody would write it.
    style = np.where((style == 5) & ~np.isin(people.country[who], _dialling_00()), 3, style)
    grouped = digits.str.replace(r"^(\d\d\d)(\d\d)(\d+)$", "$1 $2 $3")
    frame = pl.DataFrame({"dial": dial, "digits": digits, "grouped": grouped, "style": pl.Series(style)})
    at_home = pl.Series(np.isin(people.country[who], _plain_dialling()) & (style == 7))
    text = (
        pl.when(at_home)
        .then(pl.col("grouped"))
        .when(pl.col("style") < 3)
        .then("+" + pl.col("dial") + " " + pl.col("grouped"))
        .when(pl.col("style") < 5)
        .then("+" + pl.col("dial") + pl.col("digits"))
        .when(pl.col("style") == 5)
        .then("00" + pl.col("dial") + " " + pl.col("grouped").str.replace_all(" ", "-", literal=True))
        .otherwise("(+" + pl.col("dial") + ") " + pl.col("grouped"))
    )
    return frame.select(pl.when(pl.Series(number > 0)).then(text).otherwise(pl.lit(""))).to_series()


@cache
def _dialling_00() -> tuple[int, ...]:
    elsewhere = {"US", "CA", "JP", "AU", "SG", "BR", "MX", "IN", "UA"}
    return tuple(n for n, country in enumerate(countries()) if country.code not in elsewhere)


@cache
def _plain_dialling() -> tuple[int, ...]:
    """Countries whose numbers are dialled at home as they are, without a leading zero."""
    return tuple(n for n, country in enumerate(countries()) if country.code in {"NO", "DK", "US", "CA", "ES", "PT"})
