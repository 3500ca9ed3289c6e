"""Which pool a row should come to, reckoned from what was drawn: for sizing limits and naming callers.

Belongs here: the demo's territories as arithmetic. The rules that a run obeys are those of the policy files; a test
compares the two.
"""

from __future__ import annotations

import numpy as np

from rr_pipeline.examples.demo.arrivals import CRM_CASES, World
from rr_pipeline.examples.demo.draw import Ints
from rr_pipeline.examples.demo.people import FINE
from rr_pipeline.examples.demo.places import countries
from rr_pipeline.examples.demo.team import POOLS
from rr_pipeline.examples.demo.timing import Period

REGIONS = {
    "nordics": ("NO", "SE", "DK", "FI"),
    "dach": ("DE", "AT", "CH"),
    "uk_ireland": ("GB", "IE"),
    "western_europe": ("FR", "BE", "NL"),
    "southern_europe": ("ES", "IT", "PT"),
    "north_america": ("US", "CA"),
    "apac": ("JP", "AU", "IN", "SG"),
}
ENTERPRISE_EMPLOYEES = 1_000
_POOL_NAMES = tuple(POOLS)


def pools_of_rows(world: World) -> Ints:
    """Return the pool (position in ``POOLS``) of each item row; -1 for a duplicate or one that is set aside."""
    people, rows = world.people, world.arrivals
    by_country = np.full(len(countries()), _POOL_NAMES.index("general"), dtype=np.int64)
    for number, country in enumerate(countries()):
        for region, codes in REGIONS.items():
            if country.code in codes:
                by_country[number] = _POOL_NAMES.index(region)
    pool = by_country[people.country[rows.person]]
    pool = np.where(people.employees[rows.person] >= ENTERPRISE_EMPLOYEES, _POOL_NAMES.index("enterprise"), pool)
    pool = np.where(rows.source == CRM_CASES, _POOL_NAMES.index("support"), pool)
    aside = (rows.twin > 0) | (people.standing[rows.person] != FINE)
    return np.where(aside, -1, pool)


def daily_arrivals(period: Period, pool_of: Ints) -> dict[str, float]:
    """Return how many items a pool should get on an ordinary weekday (at least a little)."""
    counts = np.bincount(pool_of[pool_of >= 0], minlength=len(_POOL_NAMES))
    return {name: max(0.5, float(count) / period.workdays()) for name, count in zip(_POOL_NAMES, counts, strict=True)}
