"""Overlaps proved by trying: what is called exclusive is met together by no item of a small world."""

from __future__ import annotations

import time
from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from rr_pipeline.config import Matcher
from rr_pipeline.config.matching import fold
from rr_pipeline.config.overlap import may_overlap, overlaps
from tests.effort import examples

TEXTS, NUMBERS = [None, "a", "ab", "b", "B", "ba"], [None, 0, 1, 2, 3]
FIELDS = ("country", "state", "employee_count")
WORLD = [dict(zip(FIELDS, item, strict=True)) for item in product(TEXTS, TEXTS, NUMBERS)]

text_lists = st.lists(st.sampled_from(["a", "A", "ab", "b", "ba", "c"]), min_size=1, max_size=3).map(tuple)
text_matchers = st.one_of(
    text_lists.map(lambda values: Matcher(any_of=values)),
    text_lists.map(lambda values: Matcher(**{"not": values})),
    text_lists.map(lambda values: Matcher(starts_with=values)),
    st.booleans().map(lambda value: Matcher(is_empty=value)),
    st.tuples(text_lists, text_lists).map(lambda pair: Matcher(**{"any_of": pair[0], "not": pair[1]})),
)
number_matchers = st.one_of(
    st.integers(0, 3).map(lambda low: Matcher(min=low)),
    st.integers(0, 3).map(lambda high: Matcher(max=high)),
    st.lists(st.sampled_from(["0", "1", "2.0", "3"]), min_size=1, max_size=2).map(
        lambda some: Matcher(any_of=tuple(some))
    ),
    st.booleans().map(lambda value: Matcher(is_empty=value)),
)
conditions = st.fixed_dictionaries(
    {}, optional={"country": text_matchers, "state": text_matchers, "employee_count": number_matchers}
)


def meets(matcher, value):
    """Return whether a value meets a condition, straight from its description."""
    if matcher.is_empty is not None and matcher.is_empty != (value is None):
        return False
    alike = (lambda text: float(text) == value) if isinstance(value, int) else (lambda text: fold(text) == fold(value))
    if matcher.any_of is not None and (value is None or not any(alike(text) for text in matcher.any_of)):
        return False
    if matcher.none_of is not None and value is not None and any(alike(text) for text in matcher.none_of):
        return False
    if matcher.starts_with is not None and (
        value is None or not any(fold(value).startswith(fold(start)) for start in matcher.starts_with)
    ):
        return False
    if matcher.min is not None and (value is None or value < matcher.min):
        return False
    return matcher.max is None or (value is not None and value <= matcher.max)


def matches(rule, item):
    return all(meets(matcher, item[field]) for field, matcher in rule.items())


@settings(max_examples=examples(400), deadline=None)
@given(conditions, conditions)
def test_exclusive_rules_never_hold_together(one, other):
    together = any(matches(one, item) and matches(other, item) for item in WORLD)
    assert may_overlap(one, other) or not together
    assert may_overlap(one, other) == may_overlap(other, one)


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(conditions, max_size=8))
def test_overlaps_are_those_of_every_pair(rules):
    expected = []
    for place, rule in enumerate(rules):
        first = next((earlier for earlier in range(place) if may_overlap(rules[earlier], rule)), None)
        if first is not None:
            expected.append((place, first))
    assert list(overlaps(rules)) == expected


def test_thousands_of_exclusive_rules_take_no_time():
    rules = [{"country": Matcher(any_of=("NO",)), "postal_code": Matcher(any_of=(str(n),))} for n in range(5000)]
    started = time.monotonic()
    assert list(overlaps(rules)) == []
    assert time.monotonic() - started < 5
