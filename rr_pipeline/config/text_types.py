"""Types of single settings, read strictly from text.

Belongs here: how one value is written (numbers, switches, names, sizes, domains, zones) and the code of each way it
can be wrong. Does not belong here: what values mean together. Every type also accepts the ready Python value, so
models can be built in code, and says in JSON Schema what an editor sees (``weight: 3`` is a number there).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib import resources
from typing import Annotated, Any

from pydantic import AfterValidator, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import PydanticCustomError, core_schema

from rr_pipeline.config.zones import MomentError, check_zone, parse_moment

_MAX_TEXT = 1000
MIN_MEMORY = 100 * 10**6
"""Bytes of memory that the engine needs for a run over a dozen rows, and little more."""
_SIZES = {"B": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30}


def refuse(code: str, message: str) -> PydanticCustomError:
    """Return the error a validator raises: a problem code and a sentence that says how to fix the value."""
    # Templates are filled from a context; braces in a message must not be taken for one.
    return PydanticCustomError(code, "{text}", {"text": message})


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise refuse("SHAPE_TEXT", "must be one plain value here, not a list or a block of keys")
    if len(value) > _MAX_TEXT:
        raise refuse("VALUE_TOO_LONG", f"has {len(value)} characters; {_MAX_TEXT} are allowed")
    if any((ord(character) < 32 and character != "\t") or 127 <= ord(character) < 160 for character in value):
        raise refuse("VALUE_CONTROL_CHAR", "holds a control character or a line break; remove it")
    return value


def _decimal(value: Any) -> Decimal:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _text(value)
    try:
        # Only ASCII digits: Decimal itself would also read other scripts, underscores and blanks.
        number = Decimal(text) if re.fullmatch(r"[+-]?[0-9.]{1,40}([eE][+-]?[0-9]{1,4})?", text) else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise refuse("NUMBER_INVALID", f"'{text[:40]}' is not a number; write digits, such as 3")
    return number


@dataclass(frozen=True)
class ReadBy:
    """Metadata of a type: how its text is read, and what an editor is told about it."""

    reader: Callable[[Any], Any]
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"}, hash=False)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self.reader)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return dict(self.schema)


@dataclass(frozen=True)
class OneOf:
    """Metadata of a text that is one of some words of the vocabulary."""

    words: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.literal_schema(list(self.words))


def whole_number(low: int, high: int) -> ReadBy:
    """Return the metadata of a whole number from ``low`` to ``high``, both included, written as plain digits."""

    def read(value: Any) -> int:
        number = _decimal(value)
        if number < 0 <= low:
            raise refuse("NUMBER_NEGATIVE", f"must not be negative; write a whole number from {low} to {high}")
        if number > high:
            raise refuse("NUMBER_TOO_BIG", f"is above {high}; write a whole number from {low} to {high}")
        if number < low:
            raise refuse("NUMBER_TOO_SMALL", f"is below {low}; write a whole number from {low} to {high}")
        if number != number.to_integral_value():
            raise refuse("NUMBER_FRACTION", f"must be a whole number from {low} to {high}, without a fraction")
        if not re.fullmatch(r"-?(0|[1-9][0-9]*)", str(value)):
            raise refuse("NUMBER_FORMAT", f"write it as plain digits: {int(number)}")
        return int(number)

    return ReadBy(read, {"type": "integer", "minimum": low, "maximum": high})


def _read_number(value: Any) -> float | int:
    number = _decimal(value)
    if abs(number) > Decimal(10) ** 15:
        raise refuse("NUMBER_TOO_BIG", "is beyond 10^15; numbers are compared exactly up to there")
    return int(number) if number == number.to_integral_value() else float(number)


def _read_share(value: Any) -> float:
    number = _decimal(value)
    if not 0 <= number <= 1:
        raise refuse("SHARE_INVALID", "must lie between 0 and 1; write 0.5 for half")
    return float(number)


def _read_switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    text = _text(value)
    if text.lower() not in ("true", "false"):
        raise refuse("SWITCH_INVALID", f"'{text[:40]}' is not a switch; write true or false")
    return text.lower() == "true"


def _read_size(value: Any) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
    found = re.fullmatch(r"([0-9]{1,15}(?:\.[0-9]{1,3})?) ?([A-Za-z]*)", text)
    unit = _SIZES.get((found[2] or "B").upper()) if found else None
    if found is None or unit is None:
        raise refuse("SIZE_INVALID", f"'{text[:40]}' is not a size; write 500MB, 4GB, 512KiB or a number of bytes")
    size = int(Decimal(found[1]) * unit)
    if not 0 < size <= 1 << 50:
        raise refuse("SIZE_INVALID", "must be more than nothing and at most a pebibyte; write 500MB or 4GB")
    return size


def _pattern(code: str, pattern: str, advice: str) -> Callable[[Any], str]:
    compiled = re.compile(pattern)

    def read(value: Any) -> str:
        text = _text(value)
        if not compiled.fullmatch(text):
            raise refuse(code, f"'{text[:64]}' {advice}")
        return text

    return read


def _read_plain(value: Any) -> str:
    text = _text(value)
    if text != text.strip() or not text:
        raise refuse("VALUE_BLANK", "is empty or starts or ends with a blank; remove the blank or write a value")
    return text


def _read_zone(value: Any) -> str:
    try:
        return check_zone(_text(value))
    except MomentError as error:
        raise refuse(error.code, str(error)) from error


def _read_moment(value: Any) -> date | datetime:
    if isinstance(value, date):
        return value
    try:
        return parse_moment(_text(value))
    except MomentError as error:
        raise refuse(error.code, str(error)) from error


_DURATION = re.compile(r"(?:([0-9]{1,6})d)?(?:([0-9]{1,6})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,6})s)?")
_DURATION_PATTERN = r"^(?=[0-9])([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?$"


def duration(most_days: int, *, may_be_zero: bool = False) -> ReadBy:
    """Return the metadata of a length of time such as ``15m``, ``4h`` or ``1h30m``, read as whole seconds.

    ``may_be_zero``: none at all (``0m``) means something there: at once.
    """

    def read(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        text = _text(value)
        if re.fullmatch(r"-[0-9].*", text):
            raise refuse("NUMBER_NEGATIVE", "must not be negative; write a length of time such as 15m")
        found = _DURATION.fullmatch(text) if text else None
        if found is None:
            whole = f"; '{text}m' are minutes" if re.fullmatch(r"[0-9]{1,6}", text) else ""
            message = f"'{text[:40]}' is not a length of time; write 90s, 15m, 4h, 30d or 1h30m{whole}"
            raise refuse("DURATION_INVALID", message)
        days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
        if total == 0 and not may_be_zero:
            raise refuse("DURATION_ZERO", "is no time at all; write a length above zero, or leave the setting out")
        if total > most_days * 86_400:
            raise refuse("DURATION_TOO_LONG", f"is longer than {most_days} days; write at most {most_days}d")
        return total

    return ReadBy(read, {"type": "string", "pattern": _DURATION_PATTERN})


def read_date(value: Any) -> date:
    moment = _read_moment(value)
    if isinstance(moment, datetime):
        raise refuse("TIME_INVALID", "is not a plain date; write 2026-05-17")
    return moment


@cache
def country_codes() -> frozenset[str]:
    """Return the two-letter codes of ISO 3166 that the time-zone data carries."""
    table = resources.files("tzdata").joinpath("zoneinfo", "iso3166.tab").read_text(encoding="utf-8")
    return frozenset(line[:2] for line in table.splitlines() if line and not line.startswith("#"))


def _read_region(value: Any) -> str:
    text = _text(value)
    if text not in country_codes():
        raise refuse("REGION_UNKNOWN", f"'{text[:40]}' is not a country code; write two capitals such as NO or US")
    return text


def sorted_distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return the values sorted and without repeats: the order of a set in a file must not change what it means."""
    return tuple(sorted(set(values)))


# What an editor takes for a number or a switch is text to us: ids such as 17, values such as true.
_ANY_SCALAR = {"type": ["string", "number", "boolean"]}
NAME_PATTERN = r"[A-Za-z][A-Za-z0-9_-]{0,63}"
SOURCE_PATTERN = r"[a-z][a-z0-9_]{0,47}"
read_name = _pattern(
    "NAME_INVALID", NAME_PATTERN, "is not a name; use letters, digits, - and _, a letter first, 64 at most"
)
_read_source = _pattern(
    "NAME_INVALID", SOURCE_PATTERN, "names a table; use small letters, digits and _, a letter first, 48 at most"
)
_read_version = _pattern(
    "NAME_INVALID", r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", "is not an id; use letters, digits, . - and _, 64 at most"
)
_read_domain = _pattern(
    "DOMAIN_INVALID", r"([a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}", "is not a domain; write it small: example.com"
)
_read_memory_text = _pattern(
    "SIZE_INVALID", r"[1-9][0-9]{0,5}(\.[0-9]{1,3})?(MB|GB|MiB|GiB)", "is not a size; write 1500MB or 4GB"
)


def _read_memory(value: Any) -> str:
    text = _read_memory_text(value)
    number = text.rstrip("GMiB")
    if Decimal(number) * _SIZES[text.removeprefix(number).upper()] < MIN_MEMORY:
        raise refuse("SIZE_INVALID", f"'{text}' is too little for any run; write 100MB or more, such as 1500MB")
    return text


Number = Annotated[float, ReadBy(_read_number, {"type": "number"})]
"""A number; whole ones stay int, so they compare exactly."""
Share = Annotated[float, ReadBy(_read_share, {"type": "number", "minimum": 0, "maximum": 1})]
Switch = Annotated[bool, ReadBy(_read_switch, {"type": "boolean"})]
Size = Annotated[int, ReadBy(_read_size, {"type": ["string", "integer"]})]
"""A size in bytes."""
MemorySize = Annotated[str, ReadBy(_read_memory)]
Text = Annotated[str, ReadBy(_text, _ANY_SCALAR)]
"""Any text, blanks and emptiness included."""
Plain = Annotated[str, ReadBy(_read_plain, _ANY_SCALAR)]
"""Text without outer blanks, not empty."""
Moment = Annotated[date | datetime, ReadBy(_read_moment)]
DateSet = Annotated[
    tuple[Annotated[date, ReadBy(read_date)], ...], AfterValidator(lambda days: tuple(sorted(set(days))))
]
Duration = Annotated[int, duration(3650)]
DurationFromZero = Annotated[int, duration(3650, may_be_zero=True)]
"""A length of time in seconds."""
Zone = Annotated[str, ReadBy(_read_zone)]
Region = Annotated[str, ReadBy(_read_region, {"type": "string", "pattern": "^[A-Z]{2}$"})]
Name = Annotated[str, ReadBy(read_name, {"type": "string", "pattern": f"^{NAME_PATTERN}$"})]
SourceName = Annotated[str, ReadBy(_read_source, {"type": "string", "pattern": f"^{SOURCE_PATTERN}$"})]
VersionId = Annotated[str, ReadBy(_read_version, {"type": ["string", "number"]})]
Domain = Annotated[str, ReadBy(_read_domain)]
NameSet = Annotated[tuple[Name, ...], AfterValidator(sorted_distinct)]
DomainSet = Annotated[tuple[Domain, ...], AfterValidator(sorted_distinct)]
