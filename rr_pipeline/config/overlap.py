"""Whether one item could meet the conditions of two rules.

Belongs here: proofs that two sets of conditions exclude each other, and finding overlaps among many rules. Does not
belong here: how conditions are written (matching.py).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from itertools import product

from rr_pipeline.config.matching import LIST_FIELDS, NUMBER_FIELDS, Matcher, fold_start, fold_value, is_number

Conditions = Mapping[str, Matcher]


def overlaps(rules: Sequence[Conditions]) -> Iterator[tuple[int, int]]:
    """Yield (place, earlier place) for each rule that could hold together with an earlier one: the first such.

    Rules that list different values of one field are never compared, so a thousand of them take no time.
    """
    field = _telling_field(rules)
    listed: dict[str | Decimal, list[int]] = defaultdict(list)
    unlisted: list[int] = []
    for place, rule in enumerate(rules):
        keys = _listed(field, rule)
        rivals = range(place) if keys is None else sorted({*unlisted, *(one for key in keys for one in listed[key])})
        first = next((earlier for earlier in rivals if may_overlap(rules[earlier], rule)), None)
        if first is not None:
            yield place, first
        if keys is None:
            unlisted.append(place)
        for key in keys or ():
            listed[key].append(place)


def _telling_field(rules: Sequence[Conditions]) -> str:
    """Return the field that lists the most different values over all rules; it tells most of them apart."""
    seen: dict[str, set[str | Decimal]] = defaultdict(set)
    for rule in rules:
        for field in rule:
            seen[field] |= _listed(field, rule) or frozenset()
    return max(sorted(seen), key=lambda field: len(seen[field]), default="")


def _listed(field: str, rule: Conditions) -> frozenset[str | Decimal] | None:
    matcher = rule.get(field)
    if matcher is None or matcher.any_of is None or field in LIST_FIELDS:
        return None
    return _keys(field, matcher.any_of)


def may_overlap(one: Conditions, other: Conditions) -> bool:
    """Return whether an item could meet both sets of conditions; only provable contradictions say no."""
    return not any(_disjoint(field, one[field], other[field]) for field in set(one) & set(other))


def _disjoint(field: str, one: Matcher, other: Matcher) -> bool:
    """Return whether no value of the field, and not its emptiness, could meet both conditions."""
    if any(left.is_empty and _needs_value(right) for left, right in ((one, other), (other, one))):
        return True
    if _ranges_part(one, other):
        return True
    if field in LIST_FIELDS:
        return False
    for left, right in ((one, other), (other, one)):
        if left.any_of is not None and not any(_accepts(field, right, value) for value in left.any_of):
            return True
    return _starts_part(field, one, other)


def _ranges_part(one: Matcher, other: Matcher) -> bool:
    low = max((value for value in (one.min, other.min) if value is not None), default=None)
    high = min((value for value in (one.max, other.max) if value is not None), default=None)
    return low is not None and high is not None and low > high


def _starts_part(field: str, one: Matcher, other: Matcher) -> bool:
    if one.starts_with is None or other.starts_with is None:
        return False
    starts, begins = ([fold_start(field, text) for text in texts] for texts in (one.starts_with, other.starts_with))
    pairs = product(starts, begins)
    return not any(start.startswith(begin) or begin.startswith(start) for start, begin in pairs)


def _needs_value(matcher: Matcher) -> bool:
    given = (matcher.any_of, matcher.starts_with, matcher.min, matcher.max)
    return matcher.is_empty is False or any(condition is not None for condition in given)


def _accepts(field: str, matcher: Matcher, value: str) -> bool:
    """Return whether a field with this value could meet the condition."""
    if field in NUMBER_FIELDS:
        if not is_number(value):
            return True
        number = Decimal(value)
        if matcher.min is not None and number < Decimal(str(matcher.min)):
            return False
        if matcher.max is not None and number > Decimal(str(matcher.max)):
            return False
    (key,) = _keys(field, (value,))
    if matcher.any_of is not None and key not in _keys(field, matcher.any_of):
        return False
    if matcher.none_of is not None and key in _keys(field, matcher.none_of):
        return False
    text = fold_value(field, value)
    return matcher.starts_with is None or any(text.startswith(fold_start(field, one)) for one in matcher.starts_with)


@lru_cache(maxsize=100_000)
def _keys(field: str, values: tuple[str, ...]) -> frozenset[str | Decimal]:
    numeric = field in NUMBER_FIELDS
    return frozenset(Decimal(value) if numeric and is_number(value) else fold_value(field, value) for value in values)
