"""Conditions on an item's attributes: the ``when`` of territories, skill rules and qualification.

Belongs here: which fields can be asked, how a condition is written, whether two conditions can hold together.
Does not belong here: evaluating conditions on records.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from itertools import product
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rr_pipeline.config.canonical import CANONICAL
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Number, Plain, Switch, refuse
from rr_pipeline.errors import nearest

NUMBER_FIELDS = frozenset({"employee_count", "annual_revenue", "intent_score", "priority", "account_employee_count"})
TIME_FIELDS = frozenset({"created_at", "updated_at", "closed_at"})
SWITCH_FIELDS = frozenset({"is_converted", "is_deleted"})
LIST_FIELDS = frozenset({"needed_skills", "other_emails"})
"""Fields with several values: a list condition holds when any of them is listed."""

WHEN_FIELDS = frozenset(CANONICAL["items"]) | {
    "source",
    "email_domain",
    "account_country",
    "account_industry",
    "account_tier",
    "account_employee_count",
    "account_state",
    "account_name",
}


def fold(text: str) -> str:
    """Return text as conditions compare it: compatibility-normalised, case-folded, outer blanks removed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def _sorted_folded(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value for _, value in sorted({fold(value): value for value in reversed(values)}.items()))


class MatcherKeys(StrictModel):
    """The form of a condition with keys, as an editor is told about it."""

    none_of: tuple[Plain, ...] | None = Field(None, alias="not")
    min: Number | None = None
    max: Number | None = None
    starts_with: tuple[Plain, ...] | None = None
    is_empty: Switch | None = None


class Matcher(StrictModel):
    """One condition on one field; everything given must hold.

    ``any_of`` (written as a list): equals one of them, case ignored. ``not``: equals none of them; an empty field
    equals nothing, so ``not`` holds for it. ``min``/``max``: numbers, both included; an empty field is in no range.
    ``starts_with``: case ignored. ``is_empty``: the field is (true) or is not (false) empty.
    """

    written_as: ClassVar[type[StrictModel]] = MatcherKeys

    any_of: tuple[Plain, ...] | None = None
    none_of: tuple[Plain, ...] | None = Field(None, alias="not")
    min: Number | None = None
    max: Number | None = None
    starts_with: tuple[Plain, ...] | None = None
    is_empty: Switch | None = None

    @model_validator(mode="after")
    def _sensible(self) -> Matcher:
        lists = (self.any_of, self.none_of, self.starts_with)
        if any(entries is not None and not entries for entries in lists):
            raise refuse("WHEN_EMPTY", "has an empty list, which nothing can meet; list values or remove it")
        if not self.model_fields_set:
            raise refuse("WHEN_EMPTY", "says nothing; write [value, ...], min, max, not, starts_with or is_empty")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise refuse("RANGE_REVERSED", "has min above max, which nothing can meet; swap them")
        if self.is_empty and (any(entries for entries in lists) or self.min is not None or self.max is not None):
            raise refuse("WHEN_CONTRADICTION", "asks for an empty field and for a value in it; keep one of the two")
        return self


def _matcher(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return {"any_of": list(value)}
    if isinstance(value, str):
        raise refuse("SHAPE_LIST", "must be a list of values, even for one; write [value]")
    if isinstance(value, dict) and "any_of" in value:
        raise refuse("KEY_UNKNOWN", "has 'any_of', which is not a setting; write the list itself: [value, ...]")
    return value


def _check_field(value: Any) -> str:
    if value not in WHEN_FIELDS:
        hint = nearest(str(value), WHEN_FIELDS)
        raise refuse("FIELD_UNKNOWN", f"'{str(value)[:64]}' is not a field of an item.{hint}")
    return str(value)


def _tidy_all(when: Mapping[str, Matcher]) -> Mapping[str, Matcher]:
    tidy = {field: _tidy(matcher) for field, matcher in when.items()}
    return dict(sorted(tidy.items()))


def _tidy(matcher: Matcher) -> Matcher:
    lists = {
        name: _sorted_folded(entries)
        for name in ("any_of", "none_of", "starts_with")
        if (entries := getattr(matcher, name)) is not None
    }
    return matcher.model_copy(update=lists)


def misuse(field: str, matcher: Matcher) -> str | None:
    """Say why a condition does not fit the kind of its field, or return None."""
    has_range = matcher.min is not None or matcher.max is not None
    listed = (matcher.any_of or ()) + (matcher.none_of or ())
    if has_range and field not in NUMBER_FIELDS:
        return f"'{field}' is not a number; min and max work on {', '.join(sorted(NUMBER_FIELDS))}"
    if field in TIME_FIELDS and (listed or matcher.starts_with):
        return f"'{field}' is a time; only is_empty works on it"
    if field in NUMBER_FIELDS and (matcher.starts_with or not all(_is_number(value) for value in listed)):
        return f"'{field}' is a number; list numbers, or use min and max"
    if field in SWITCH_FIELDS and (matcher.starts_with or not {fold(value) for value in listed} <= {"true", "false"}):
        return f"'{field}' is a switch; write [true] or [false]"
    return None


def _is_number(text: str) -> bool:
    return re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text) is not None


When = Annotated[
    Mapping[
        Annotated[str, BeforeValidator(_check_field)],
        Annotated[Matcher, BeforeValidator(_matcher, json_schema_input_type=tuple[Plain, ...] | MatcherKeys)],
    ],
    AfterValidator(_tidy_all),
]


def may_overlap(one: Mapping[str, Matcher], other: Mapping[str, Matcher]) -> bool:
    """Return whether an item could meet both sets of conditions; only provable contradictions say no."""
    return not any(_disjoint(field, one[field], other[field]) for field in set(one) & set(other))


def _disjoint(field: str, one: Matcher, other: Matcher) -> bool:
    if any(left.is_empty and _needs_value(right) for left, right in ((one, other), (other, one))):
        return True
    low = max((value for value in (one.min, other.min) if value is not None), default=None)
    high = min((value for value in (one.max, other.max) if value is not None), default=None)
    if low is not None and high is not None and low > high:
        return True
    if field in LIST_FIELDS:
        return False
    for left, right in ((one, other), (other, one)):
        if left.any_of is not None and not any(_accepts(field, right, value) for value in left.any_of):
            return True
    if one.starts_with is None or other.starts_with is None:
        return False
    pairs = product(map(fold, one.starts_with), map(fold, other.starts_with))
    return not any(start.startswith(begin) or begin.startswith(start) for start, begin in pairs)


def _needs_value(matcher: Matcher) -> bool:
    given = (matcher.any_of, matcher.starts_with, matcher.min, matcher.max)
    return matcher.is_empty is False or any(condition is not None for condition in given)


def _accepts(field: str, matcher: Matcher, value: str) -> bool:
    """Return whether a field with this value could meet the condition."""
    if field in NUMBER_FIELDS:
        if not _is_number(value):
            return True
        number = Decimal(value)
        if matcher.min is not None and number < Decimal(str(matcher.min)):
            return False
        if matcher.max is not None and number > Decimal(str(matcher.max)):
            return False
    key = _key(field, value)
    if matcher.any_of is not None and key not in {_key(field, entry) for entry in matcher.any_of}:
        return False
    if matcher.none_of is not None and key in {_key(field, entry) for entry in matcher.none_of}:
        return False
    return matcher.starts_with is None or any(fold(value).startswith(fold(start)) for start in matcher.starts_with)


def _key(field: str, value: str) -> str | Decimal:
    return Decimal(value) if field in NUMBER_FIELDS and _is_number(value) else fold(value)
