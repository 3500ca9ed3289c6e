"""Who works when: weekly hours and holidays by the local clock, as intervals of UTC.

Belongs here: turning (time zone, ``model.Schedule``) into the stretches in which somebody is off hours, on holiday or
at work, and the few operations on sets of intervals that takes. Does not belong here: local time (``local_time``),
vacations and other absences (``eligibility``), or how much working time lies between two instants (``working_clocks``).

The rule is one of instants: somebody is in hours when the local clock shows a minute of a weekly block, and on holiday
when it shows a date that is off. So blocks and dates are laid out along the local clock once, and each stretch of
constant offset cuts its own piece out of them: a repeated hour counts twice, a skipped one not at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rr_pipeline.core.calendar.local_time import DAY_US, SECOND_US, offset_table
from rr_pipeline.core.model import Schedule

MINUTE_US = 60 * SECOND_US
WEEK_US = 7 * DAY_US
_WEEK_MINUTES = WEEK_US // MINUTE_US

_FIRST_MONDAY_US = -3 * DAY_US  # day 0 is a Thursday

Int64s = npt.NDArray[np.int64]
Dated = Sequence[tuple[int, Sequence[tuple[int, int]]]]
"""Blocks of single dates, see ``Schedule.dated``."""
_ALL_HOURS = tuple((day * 1440, (day + 1) * 1440) for day in range(7))

Pair = tuple[str, Schedule]
"""A time zone and what somebody who lives there works by."""


class Spans(NamedTuple):
    """A set of instants: ascending intervals that neither meet nor overlap, ends exclusive."""

    from_us: Int64s
    until_us: Int64s


class Hours(NamedTuple):
    """Of one pair, over the range asked for: outside its blocks, on its holidays, and at work (neither of the two)."""

    off_hours: Spans
    holiday: Spans
    working: Spans


class _Stretches(NamedTuple):
    """Stretches of constant offset: from, until (exclusive), local = UTC + offset. Ascending, without holes."""

    from_us: Int64s
    until_us: Int64s
    offset_us: Int64s


def merge(starts: Int64s, ends: Int64s) -> Spans:
    """Return the union of intervals in any order; they must not be empty. Intervals that meet become one."""
    order = np.argsort(starts, kind="stable")
    from_us, until_us = starts[order], np.maximum.accumulate(ends[order])
    opens = np.ones(order.size, dtype=np.bool_)
    opens[1:] = from_us[1:] > until_us[:-1]
    return Spans(from_us[opens], until_us[np.roll(opens, -1)])


def complement(spans: Spans, from_us: int, until_us: int) -> Spans:
    """Return what ``spans``, which lie inside [from_us, until_us), leave of it."""
    starts = np.concatenate([[from_us], spans.until_us])
    ends = np.concatenate([spans.from_us, [until_us]])
    return Spans(starts[starts < ends], ends[starts < ends])


def schedule_hours(pairs: Sequence[Pair], from_us: int, until_us: int) -> list[Hours]:
    """Return the hours of each pair over [from_us, until_us], in their order; no interval reaches beyond that.

    Raises RefusedError as ``local_time.offset_table`` does, but never for a pair that always works, and ValueError for
    a block that is none.
    """
    end = until_us + 1
    stretches: dict[str, _Stretches] = {}
    found = []
    for zone, schedule in pairs:
        off_hours = holiday = merge(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
        if schedule.blocks is not None or schedule.holidays or schedule.dated:
            if zone not in stretches:
                stretches[zone] = _stretches(zone, from_us, until_us)
            if schedule.blocks is not None or schedule.dated:
                blocks = _ALL_HOURS if schedule.blocks is None else schedule.blocks
                off_hours = complement(_in_blocks(stretches[zone], blocks, schedule.dated), from_us, end)
            if days := schedule.holidays - {day for day, blocks in schedule.dated if blocks}:
                holiday = _on_days(stretches[zone], days)
            if schedule.works:
                off_hours, holiday = (_without(spans, schedule.works, from_us, end) for spans in (off_hours, holiday))
        away = merge(*(np.concatenate(both) for both in zip(off_hours, holiday, strict=True)))
        found.append(Hours(off_hours, holiday, complement(away, from_us, end)))
    return found


def _stretches(zone: str, from_us: int, until_us: int) -> _Stretches:
    table = offset_table(zone, from_us, until_us)
    ends = np.append(table.from_us[1:], until_us + 1)
    inside = (ends > from_us) & (table.from_us <= until_us)
    starts = np.maximum(table.from_us, from_us)
    return _Stretches(starts[inside], np.minimum(ends, until_us + 1)[inside], table.offset_us[inside])


def _without(spans: Spans, works: Sequence[tuple[int, int]], from_us: int, end_us: int) -> Spans:
    """Return ``spans`` without what is worked all the same; both inside [from_us, end_us)."""
    starts, ends = (np.clip(np.array(edges, dtype=np.int64), from_us, end_us) for edges in zip(*works, strict=True))
    kept = starts < ends
    there = complement(spans, from_us, end_us)
    both = (np.concatenate([there.from_us, starts[kept]]), np.concatenate([there.until_us, ends[kept]]))
    return complement(merge(*both), from_us, end_us)


def _in_blocks(stretches: _Stretches, blocks: Sequence[tuple[int, int]], dated: Dated = ()) -> Spans:
    """Return when the local clock shows a minute of a weekly block, or of one of its date."""
    if not blocks and not dated:
        return Spans(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    first_us = int((stretches.from_us + stretches.offset_us).min()) - _FIRST_MONDAY_US
    last_us = int((stretches.until_us + stretches.offset_us).max()) - _FIRST_MONDAY_US
    # A week earlier too, because a block may run over its end.
    weeks = np.arange(first_us // WEEK_US - 1, last_us // WEEK_US + 1) * WEEK_US + _FIRST_MONDAY_US
    first, last = np.array(blocks, dtype=np.int64).reshape(-1, 2).T
    if not ((first >= 0) & (first < _WEEK_MINUTES) & (first < last) & (last <= first + _WEEK_MINUTES)).all():
        raise ValueError("a block of working hours begins outside the week, or does not end within one of its start")
    starts, ends = (np.add.outer(weeks, minutes * MINUTE_US).ravel() for minutes in (first, last))
    if dated:
        kept = ~np.isin(starts // DAY_US, [day for day, _ in dated])
        own = [(day * DAY_US, block) for day, those in dated for block in those]
        starts, ends = (
            np.concatenate([edges[kept], np.array([day + block[n] * MINUTE_US for day, block in own], dtype=np.int64)])
            for n, edges in enumerate((starts, ends))
        )
    return _to_utc(stretches, merge(starts, ends))


def _on_days(stretches: _Stretches, days: frozenset[int]) -> Spans:
    """Return when the local clock shows one of these dates."""
    starts = np.fromiter(days, dtype=np.int64, count=len(days)) * DAY_US
    return _to_utc(stretches, merge(starts, starts + DAY_US))


def _to_utc(stretches: _Stretches, local: Spans) -> Spans:
    """Return the instants at which the local clock shows a time inside ``local``."""
    shown, shown_until = stretches.from_us + stretches.offset_us, stretches.until_us + stretches.offset_us
    first = np.searchsorted(local.until_us, shown, side="right")
    counts = np.searchsorted(local.from_us, shown_until, side="left") - first
    stretch = np.repeat(np.arange(counts.size), counts)
    place = np.arange(stretch.size) + (first - np.cumsum(counts) + counts)[stretch]
    starts = np.maximum(local.from_us[place], shown[stretch]) - stretches.offset_us[stretch]
    ends = np.minimum(local.until_us[place], shown_until[stretch]) - stretches.offset_us[stretch]
    return merge(starts, ends)
