"""Countries of the demo: where people live, what they speak and how their phone numbers are made.

Belongs here: the meaning of ``tables/countries.csv``, facts of a country as the exports spell them. Does not belong
here: territories and pools (``team``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from rr_pipeline.examples.demo.tables import rows


@dataclass(frozen=True)
class Country:
    """One country.

    ``weight`` is its part of all arrivals; ``hours`` its distance from UTC in summer, rounded (only for the curve of
    the day); ``phones`` lists the prefixes of mobile numbers and how many digits follow; ``cities`` are city,
    state or region, postal code.
    """

    code: str
    name: str
    norwegian: str
    group: str
    language: str
    weight: int
    hours: int
    dial: str
    phones: tuple[tuple[str, int], ...]
    legal: str
    cities: tuple[tuple[str, str, str], ...]

    @property
    def is_western(self) -> bool:
        """Whether its names can be written in the western code page that the web form export uses."""
        return self.group not in {"pl", "el", "uk", "ja", "hi", "zh"}


def _cities(text: str) -> tuple[tuple[str, str, str], ...]:
    return tuple((city, state, code) for city, state, code in (part.split("/") for part in text.split("|")))


@cache
def countries() -> tuple[Country, ...]:
    """Return all countries; Canada stands twice, once for each of its languages."""
    return tuple(
        Country(
            code=row["code"],
            name=row["name"],
            norwegian=row["norwegian"],
            group=row["group"],
            language=row["language"],
            weight=int(row["weight"]),
            hours=int(row["hours"]),
            dial=row["dial"],
            phones=_phones(row["phones"]),
            legal=row["legal"],
            cities=_cities(row["cities"]),
        )
        for row in rows("countries.csv")
    )


def _phones(text: str) -> tuple[tuple[str, int], ...]:
    return tuple((prefix, int(digits)) for prefix, digits in (part.split(":") for part in text.split()))
