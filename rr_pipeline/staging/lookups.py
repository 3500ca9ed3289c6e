"""Small tables that staging joins: names of countries and languages, zone names, domains in other scripts.

Belongs here: data that travels with the package, and what SQL cannot compute (Punycode), on distinct values. Does not
belong here: anything a project configures.
"""

from __future__ import annotations

import csv
import unicodedata
from functools import cache
from pathlib import Path

import duckdb
import polars as pl

from rr_pipeline.config.zones import zone_names
from rr_pipeline.warehouse.sql_files import lend_temp

_DATA = Path(__file__).resolve().parent / "data"
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK")


@cache
def _names(file: str) -> tuple[tuple[str, str], ...]:
    """Return (code, name) of a file of names: every spelling, and every code, of every entry."""
    text = (_DATA / file).read_text(encoding="utf-8")
    rows = list(csv.reader(line for line in text.splitlines() if not line.startswith("#")))[1:]
    return tuple((code, name) for code, other, names in rows for name in (code, other, *names.split("|")) if name)


def known_countries() -> frozenset[str]:
    """The two-letter codes that staging knows."""
    return frozenset(code for code, _ in _names("countries.csv"))


def make_lookups(con: duckdb.DuckDBPyConnection) -> None:
    """Make TEMP tables country_names (name_key, iso2), language_names (name_key, language) and zone_names (zone).

    Keys are distinct. Needs the macros of sql/staging.
    """
    for table, file in (("country_names", "countries.csv"), ("language_names", "languages.csv")):
        names = pl.DataFrame(_names(file), schema=["code", "name"], orient="row")
        lend_temp(con, "staging", table, names.to_arrow())
    lend_temp(con, "staging", "zone_names", pl.DataFrame({"zone": sorted(zone_names())}).to_arrow())


def ascii_domain(domain: str) -> str:
    """Return the ASCII form of a domain name: compatibility letters folded, lower case, labels in Punycode.

    Labels that cannot be encoded stay as they are, and so fail the check of addresses.
    """
    text = unicodedata.normalize("NFKC", domain).replace("。", ".").lower()
    labels = []
    for label in unicodedata.normalize("NFC", text).split("."):
        encoded = label
        if not label.isascii():
            encoded = "xn--" + label.encode("punycode").decode("ascii")
        labels.append(encoded)
    return ".".join(labels)


def is_confusable(domain: str) -> bool:
    """Whether one label of a domain name mixes Latin, Cyrillic or Greek letters."""
    return any(_mixes_scripts(_decoded(label)) for label in ascii_domain(domain).split("."))


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, OverflowError, ValueError):
        return label


def _mixes_scripts(label: str) -> bool:
    names = (unicodedata.name(letter, "") for letter in label if letter.isalpha())
    found = {script for name in names for script in _SCRIPTS if name.startswith(script)}
    return len(found) > 1


def make_domain_names(con: duckdb.DuckDBPyConnection) -> None:
    """Make TEMP table domain_names (domain_text distinct, domain, is_confusable) for names that are not plain ASCII.

    Takes the domains of odd_email_pieces and the hosts of website_texts. Most deliveries have
    none or a few; each costs some microseconds.
    """
    rows = con.execute("""
        select domain_text from odd_email_pieces
        where at_count = 1 and (strlen(domain_text) <> length(domain_text) or contains(domain_text, 'xn--'))
        union
        select host from website_texts where strlen(host) <> length(host)
        order by 1""").fetchall()
    names = [str(text) for (text,) in rows if text]
    frame = pl.DataFrame(
        {
            "domain_text": names,
            "domain": [ascii_domain(name) for name in names],
            "is_confusable": [is_confusable(name) for name in names],
        },
        schema={"domain_text": pl.String, "domain": pl.String, "is_confusable": pl.Boolean},
    )
    lend_temp(con, "staging", "domain_names", frame.to_arrow())
