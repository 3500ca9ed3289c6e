"""Working hours and days off as a policy writes them, and the week of minutes they stand for.

Belongs here: times of day, days of the week, blocks of hours, calendars. Does not belong here: when a country has its
holidays (holiday_dates.py), whose calendar it is (pools.py), and instants: hours are those of a member's local clock.

A block is (first minute, last minute exclusive) of the week, minute 0 being Monday 00:00. It belongs to the day on
which it begins, and is at most a day long; one over Sunday midnight ends beyond 10,080.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, model_validator
from pydantic_core import core_schema

from rr_pipeline.config.strict import StrictModel
from rr_pipeline.config.text_types import DateSet, ReadBy, Switch, read_date, refuse, sorted_distinct
from rr_pipeline.errors import nearest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY = 1440
MINUTES_OF_WEEK = 7 * MINUTES_OF_DAY

_EPOCH = date(1970, 1, 1).toordinal()

Blocks = tuple[tuple[int, int], ...]
"""Blocks of a week in order of their start."""

Dated = tuple[tuple[date, Blocks], ...]
"""(date, blocks in minutes of that day), in order; no block: a day off."""

_TIME = r"[0-9]{1,2}:[0-9]{2}"
_BLOCK = re.compile(rf"({_TIME}) ?- ?({_TIME})( +overnight)?")
_LONG_DAYS = {name: name[:3] for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")}
_DAY = f"({'|'.join([*DAYS, *_LONG_DAYS])})"


def _minute(value: Any) -> int:
    if isinstance(value, int):
        return value
    text = value if isinstance(value, str) else ""
    found = re.fullmatch(_TIME, text)
    hour, minute = (int(part) for part in text.split(":")) if found else (99, 99)
    if minute > 59 or hour * 60 + minute > MINUTES_OF_DAY:
        raise refuse("HOURS_INVALID", f"'{text[:40]}' is not a time of day; write 09:00, or 24:00 for the end of a day")
    return hour * 60 + minute


def clock_text(minute: int) -> str:
    """Return a minute of the day as a clock shows it; 24:00 for the end of the day."""
    return f"{minute // 60:02}:{minute % 60:02}"


Minute = Annotated[int, ReadBy(_minute, {"type": "string", "pattern": r"^([0-9]|[01][0-9]|2[0-4]):[0-5][0-9]$"})]


class Block(StrictModel):
    """A block of working hours, also written ``09:00-17:00`` or ``22:00-06:00 overnight``."""

    from_: Minute = Field(alias="from", description="Begins at this time of the local clock.")
    until: Minute = Field(description="Ends at this time; 24:00 is the end of the day.")
    overnight: Switch = Field(False, description="It ends on the next day.")

    @model_validator(mode="after")
    def _forward(self) -> Block:
        times = f"{clock_text(self.from_)}-{clock_text(self.until)}"
        if self.from_ == MINUTES_OF_DAY:
            raise refuse("HOURS_INVALID", f"{times} begins at the end of its day; write it with the day after")
        if self.overnight and self.until > self.from_:
            raise refuse("HOURS_INVALID", f"{times} ends on the day it begins; remove overnight")
        if not self.overnight and self.until == self.from_:
            raise refuse("HOURS_EMPTY", f"{times} has no length; write its end, or remove it")
        if not self.overnight and self.until < self.from_:
            raise refuse("HOURS_REVERSED", f"{times} ends before it begins{_reversed_hint(times, self.until)}")
        return self

    @property
    def end(self) -> int:
        """Minute of the day it begins on; beyond 1,440 on the next day."""
        return self.until + (MINUTES_OF_DAY if self.overnight else 0)


def _reversed_hint(times: str, until: int) -> str:
    if until == 0:
        return f"; the end of a day is {times[:-5]}24:00"
    return f"; swap the two, or if it ends on the next day write: {times} overnight"


def _read_block(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _BLOCK.fullmatch(value)
    if found is None:
        raise refuse("HOURS_INVALID", f"'{value[:40]}' is not a block of hours; write 09:00-12:00")
    return {"from": found[1], "until": found[2], "overnight": "true" if found[3] else "false"}


def _days_of(text: str) -> range:
    """Return the days of a key, counted on beyond Sunday for a range such as sun-thu."""
    first, _, last = (text if "-" in text else f"{text}-{text}").partition("-")
    begin, end = DAYS.index(_LONG_DAYS.get(first, first)), DAYS.index(_LONG_DAYS.get(last, last))
    return range(begin, end + 1 if end >= begin else end + 8)


def _read_days(value: Any) -> str:
    text = str(value)
    for name in text.split("-", 1):
        if name not in DAYS and name not in _LONG_DAYS:
            meant = name.strip().lower()
            hint = nearest(meant, DAYS) or nearest(meant, _LONG_DAYS)
            raise refuse("DAY_UNKNOWN", f"'{text[:40]}' is not a day; write mon, or a range such as mon-fri.{hint}")
    return text


def week_blocks(written: Mapping[str, tuple[Block, ...]]) -> Blocks:
    """Return the blocks of a week from days or ranges of days and their blocks; those that touch within a day joined.

    Raises what validators raise: HOURS_EMPTY, DAY_REPEATED, HOURS_OVERLAP.
    """
    if not written:
        raise refuse("HOURS_EMPTY", "names no day; write mon-fri: [09:00-17:00], or remove it for all hours")
    seen: dict[int, str] = {}
    blocks: list[tuple[int, int]] = []
    for days, entries in written.items():
        if not entries:
            raise refuse("HOURS_EMPTY", f"has no block for {days}; a day off is simply not named")
        for day in (day % 7 for day in _days_of(days)):
            if day in seen:
                raise refuse("DAY_REPEATED", f"gives {DAYS[day]} twice, as {seen[day]} and {days}; keep one of them")
            seen[day] = days
            start = day * MINUTES_OF_DAY
            blocks += [(start + entry.from_, start + entry.end) for entry in entries]
    blocks.sort()
    _refuse_overlap(blocks)
    return tuple(_joined(blocks))


def _refuse_overlap(blocks: list[tuple[int, int]]) -> None:
    following = [*blocks[1:], (blocks[0][0] + MINUTES_OF_WEEK, 0)]
    for block, after in zip(blocks, following, strict=True):
        if block[1] > after[0]:
            begins = f"{DAYS[after[0] // MINUTES_OF_DAY % 7]} {clock_text(after[0] % MINUTES_OF_DAY)}"
            message = f"has {block_text(block)} still running when the block of {begins} begins; fix one of them"
            raise refuse("HOURS_OVERLAP", message)


def _joined(blocks: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = blocks[0]
    for block in blocks[1:]:
        if block[0] == end and block[0] // MINUTES_OF_DAY == start // MINUTES_OF_DAY:
            end = block[1]
        else:
            yield start, end
            start, end = block
    yield start, end


def date_blocks(written: Mapping[str, tuple[Block, ...]]) -> Dated:
    """Return the blocks of single dates, in minutes of the day; a date without blocks is a day off.

    Raises what validators raise: DATE_INVALID, DAY_REPEATED, HOURS_OVERLAP.
    """
    found: dict[date, tuple[tuple[int, int], ...]] = {}
    for text, entries in written.items():
        day = read_date(text)
        if day in found:
            raise refuse("DAY_REPEATED", f"gives {day} twice; keep one of them")
        blocks = sorted((entry.from_, entry.end) for entry in entries)
        for one, after in pairwise(blocks):
            if one[1] > after[0]:
                begins = clock_text(after[0])
                raise refuse("HOURS_OVERLAP", f"has a block of {day} still running when that of {begins} begins")
        found[day] = tuple(blocks)
    return tuple(sorted(found.items()))


def dated_text(day: date, blocks: Sequence[tuple[int, int]]) -> str:
    """Return the hours of one date in words: ``2026-12-24 08:00-12:00``, ``2026-12-27 off``."""
    told = [f"{clock_text(first)}-{clock_text(last)}" if last <= MINUTES_OF_DAY else
            f"{clock_text(first)}-{clock_text(last - MINUTES_OF_DAY)} overnight" for first, last in blocks]  # fmt: skip
    return f"{day} {', '.join(told) or 'off'}"


def block_text(block: tuple[int, int]) -> str:
    """Return one block of a week in words: ``mon 09:00-12:00``, ``fri 22:00-06:00 overnight``."""
    day, first = divmod(block[0], MINUTES_OF_DAY)
    last = block[1] - day * MINUTES_OF_DAY
    overnight = " overnight" if last > MINUTES_OF_DAY else ""
    return f"{DAYS[day]} {clock_text(first)}-{clock_text(last - MINUTES_OF_DAY if overnight else last)}{overnight}"


_BlockText = Annotated[str, Field(pattern=f"^{_TIME} ?- ?{_TIME}( +overnight)?$")]
_WrittenBlock = Annotated[Block, BeforeValidator(_read_block, json_schema_input_type=_BlockText | Block)]
_WrittenDay = Annotated[str, ReadBy(_read_days, {"type": "string", "pattern": f"^{_DAY}(-{_DAY})?$"})]
_WrittenWeek = dict[_WrittenDay, tuple[_WrittenBlock, ...]]


class _Week:
    """Metadata of ``Hours``: written as days with blocks, kept as the blocks of the week."""

    written: ClassVar[Any] = _WrittenWeek
    read: ClassVar[Any] = week_blocks

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        def read(value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return value if isinstance(value, tuple) else type(self).read(validate(value))

        written = handler.generate_schema(self.written)
        plain = core_schema.plain_serializer_function_ser_schema(lambda blocks: blocks)
        return core_schema.no_info_wrap_validator_function(read, written, serialization=plain)

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(schema), "additionalProperties": False}


class _Dates(_Week):
    """Metadata of ``DatedHours``: written as dates with blocks, kept as (date, blocks)."""

    written: ClassVar[Any] = dict[
        Annotated[str, ReadBy(str, {"type": "string", "format": "date"})], tuple[_WrittenBlock, ...]
    ]
    read: ClassVar[Any] = date_blocks


def _read_holidays(value: Any) -> str:
    from rr_pipeline.config.holiday_dates import check_calendar

    text = value if isinstance(value, str) else ""
    if problem := check_calendar(text):
        raise refuse("HOLIDAYS_UNKNOWN", problem)
    return text


Hours = Annotated[Blocks, _Week()]
"""The hours of a week, by the local clock."""
DatedHours = Annotated[Dated, _Dates()]
"""The hours of single dates, by the local clock."""
HolidayNames = Annotated[tuple[Annotated[str, ReadBy(_read_holidays)], ...], AfterValidator(sorted_distinct)]
"""Holiday calendars of countries and their parts: NO, US-CA."""


class Calendar(StrictModel):
    """A named working calendar. Without ``hours`` all hours of its working days."""

    hours: Hours | None = Field(None, description="Working hours by day or range of days, in the member's local time.")
    holidays: HolidayNames = Field((), description="Public holidays of these countries or parts: NO, US-CA.")
    dates: DateSet = Field((), description="More days off.")
    not_holidays: DateSet = Field((), description="Days that are worked although a holiday calendar has them.")

    by_date: DatedHours = Field((), description="Hours of single dates in place of the week's; none: a day off.")

    @model_validator(mode="after")
    def _sensible(self) -> Calendar:
        if not self.model_fields_set:
            raise refuse("CALENDAR_EMPTY", "says nothing; write hours, holidays or dates")
        if both := set(self.dates) & set(self.not_holidays):
            raise refuse("HOLIDAY_CONTRADICTION", f"has {min(both)} as a day off and as none; keep one of the two")
        return self


@dataclass(frozen=True)
class WorkingTime:
    """When one member works: the hours of its week (None: all), and its days off."""

    calendar: str | None = None
    hours: Blocks | None = None
    holidays: tuple[str, ...] = ()
    dates: tuple[date, ...] = ()
    not_holidays: tuple[date, ...] = ()
    by_date: Dated = ()


def days_off(time: WorkingTime, years: range) -> frozenset[int]:
    """Return the days off of these calendar years, and the single dates of any year, as days since 1970-01-01."""
    # The holidays package is slow to import, and most policies do without.
    found = {day.toordinal() - _EPOCH for day in time.dates}
    if time.holidays:
        from rr_pipeline.config.holiday_dates import holiday_days

        for name in time.holidays:
            found |= holiday_days(name, years)
    return frozenset(found - {day.toordinal() - _EPOCH for day in time.not_holidays})


def doubtful_years(name: str, years: range) -> tuple[int, ...]:
    """Return the years whose holidays of this calendar are not all known."""
    from rr_pipeline.config.holiday_dates import unsure_years

    return unsure_years(name, years)
