"""Conditions on an item's attributes: the ``when`` of territories, skill rules and qualification.

Belongs here: which fields can be asked, how a condition is written and compared. Does not belong here:
evaluating conditions on records, and whether two can hold together (overlap.py).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from rr_pipeline.config.canonical import Kind, item_fields
from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import Number, Plain, Switch, refuse
from rr_pipeline.errors import nearest

_FIELDS = item_fields()


def _of_kind(*kinds: Kind) -> frozenset[str]:
    return frozenset(field for field, kind in _FIELDS.items() if kind in kinds)


NUMBER_FIELDS = _of_kind("number", "whole", "rank")
TIME_FIELDS = _of_kind("time")
SWITCH_FIELDS = _of_kind("switch")
LIST_FIELDS = _of_kind("words")
"""Fields with several values: a list condition holds when any of them is listed."""

WORD_FIELDS = _of_kind("word")
"""Fields that hold words of a vocabulary: blanks, ``-`` and ``_`` in them fold alike, as case does everywhere."""

WHEN_FIELDS = frozenset(_FIELDS)


def fold(text: str) -> str:
    """Return text as conditions compare it: compatibility-normalised, case-folded, outer blanks removed."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def separated(text: str) -> str:
    """Return text with every run of blanks, dashes and ``_`` as one ``_``, and none at its ends."""
    letters = ("_" if _separates(letter) else letter for letter in text)
    return "_".join(part for part in "".join(letters).split("_") if part)


def _separates(letter: str) -> bool:
    return letter in "_-\t\n\f\r" or unicodedata.category(letter) in {"Zs", "Zl", "Zp", "Pd"}


def fold_word(text: str) -> str:
    """Return a word as lists of words compare it: ``Out of territory`` and ``OUT-OF_TERRITORY`` are one."""
    return separated(fold(text))


def fold_value(field: str, text: str) -> str:
    """Return a listed value as conditions on ``field`` compare it."""
    return fold_word(text) if field in WORD_FIELDS else fold(text)


def fold_start(field: str, text: str) -> str:
    """Return the start of a value as conditions on ``field`` compare it; a separator at its end counts."""
    if field not in WORD_FIELDS:
        return fold(text)
    ending = "_" if text and _separates(text[-1]) else ""
    return fold_word(text) + ending


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

    ``any_of`` (written as a list): equals one of them, case ignored, and in WORD_FIELDS blanks, ``-`` and ``_`` alike.
    ``not``: equals none of them; an empty field equals nothing, so ``not`` holds for it. ``min``/``max``: numbers, both
    included; an empty field is in no range. ``starts_with``: case ignored. ``is_empty``: the field is (true) or is not
    (false) empty.
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
    if field in NUMBER_FIELDS and (matcher.starts_with or not all(is_number(value) for value in listed)):
        return f"'{field}' is a number; list numbers, or use min and max"
    if field in SWITCH_FIELDS and (matcher.starts_with or not {fold(value) for value in listed} <= {"true", "false"}):
        return f"'{field}' is a switch; write [true] or [false]"
    return None


def is_number(text: str) -> bool:
    """Return whether a value listed for a number field is one."""
    return re.fullmatch(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?", text) is not None


When = Annotated[
    Mapping[
        Annotated[str, BeforeValidator(_check_field)],
        Annotated[Matcher, BeforeValidator(_matcher, json_schema_input_type=tuple[Plain, ...] | MatcherKeys)],
    ],
    AfterValidator(_tidy_all),
]
