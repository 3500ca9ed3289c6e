"""Whom a message to a manager goes to: so many levels up, or whoever is there in their place."""

import pytest

from rr_pipeline.core.managers import Lines, manager_of, managers_over_time
from rr_pipeline.core.model import FAR_PAST_US

ABOVE = {"ann": "mia", "mia": "eva", "eva": None, "own": "own", "one": "two", "two": "one"}


def lines(gone=(), deputies=None, managers=None):
    told = {user: [(FAR_PAST_US, boss)] for user, boss in ABOVE.items()} | (managers or {})
    deputies = deputies or {}
    return Lines(told, lambda user, at_us: user not in gone, lambda user, at_us: deputies.get(user), lambda user: ())


@pytest.mark.parametrize(
    ("owner", "level", "gone", "deputies", "who"),
    [
        ("ann", 1, (), {}, "mia"),
        ("ann", 2, (), {}, "eva"),
        ("ann", 3, (), {}, None),
        ("ann", 1, ("mia",), {}, "eva"),
        ("ann", 1, ("mia", "eva"), {}, None),
        ("ann", 2, ("eva",), {}, None),
        ("ann", 1, ("mia",), {"mia": "dan"}, "dan"),
        ("ann", 1, ("mia", "dan"), {"mia": "dan"}, "eva"),
        ("ann", 1, ("mia",), {"mia": "ann"}, "eva"),
        ("own", 1, (), {}, None),
        ("one", 1, ("two",), {}, None),
        ("new", 1, (), {}, None),
    ],
)
def test_the_way_up(owner, level, gone, deputies, who):
    assert manager_of(lines(gone, deputies), owner, level, 0) == who


def test_managers_change_over_time():
    told = lines(managers={"ann": [(FAR_PAST_US, "mia"), (10, None), (20, "eva"), (30, "eva")]})
    assert managers_over_time(told, "ann", 1) == [(FAR_PAST_US, "mia"), (10, None), (20, "eva")]
