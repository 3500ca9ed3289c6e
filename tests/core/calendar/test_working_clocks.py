"""Working-time clocks against counting minutes, against themselves, and against facts from other schedulers' tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import types

from rr_pipeline.core.calendar.working_clocks import build_clocks, worked_between
from rr_pipeline.core.kernel import working_time as module
from rr_pipeline.core.kernel.codes import NEVER
from rr_pipeline.core.kernel.compiler import helper, signature_of
from rr_pipeline.core.kernel.records import Int64s
from rr_pipeline.core.kernel.working_time import HORIZON_US, Clocks, due_at
from rr_pipeline.core.model import ALWAYS, Schedule
from rr_pipeline.errors import RefusedError
from tests.core.hours import DAY_US, EPOCH, HOUR_US, MINUTE_US, day, is_working, odd_schedules, us
from tests.effort import examples
from tests.facts import WorkingTime, working_times

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFICE = Schedule(tuple((n * 1440 + 540, n * 1440 + 1020) for n in range(5)))

moments = st.integers(-2 * DAY_US, 2 * DAY_US) | st.integers(-2 * 1440, 2 * 1440).map(lambda n: n * MINUTE_US)
withins = st.integers(1, 3 * DAY_US) | st.sampled_from([1, MINUTE_US, HOUR_US, 8 * HOUR_US, 40 * HOUR_US])


def clocks_of(zone: str, schedule: Schedule, begin: int, end: int) -> Clocks:
    return build_clocks([(zone, schedule)], begin, end)


def next_working(clocks: Clocks, pair: int, t: int) -> int:
    """The first working instant at ``t`` or after it, found block by block; NEVER if there is none."""
    for block in range(clocks.row[pair], clocks.row[pair + 1]):
        if clocks.until_us[block] > t:
            return max(t, int(clocks.from_us[block]))
    return NEVER


def worked(clocks: Clocks, begin: int, end: int, pair: int = 0) -> int:
    return int(worked_between(clocks, np.array([pair]), np.array([begin]), np.array([end]))[0])


@settings(max_examples=examples(40), deadline=None)
@given(odd_schedules(), st.integers(-2 * 1440, 2 * 1440), st.integers(0, 2 * 1440), st.integers(1, 1200))
def test_minutes_counted_one_by_one(
    drawn: tuple[str, Schedule, int], offset: int, length: int, within_minutes: int
) -> None:
    zone, schedule, around = drawn
    clocks = clocks_of(zone, schedule, around - 2 * DAY_US, around + 4 * DAY_US)
    begin = around + offset * MINUTE_US
    end = begin + length * MINUTE_US
    minutes = [t for t in range(begin, int(clocks.range_us[1]), MINUTE_US) if is_working(zone, schedule, t)]
    assert worked(clocks, begin, end) == sum(t < end for t in minutes) * MINUTE_US
    expected = minutes[within_minutes - 1] + MINUTE_US if len(minutes) >= within_minutes else NEVER
    assert due_at(clocks, 0, begin, within_minutes * MINUTE_US) == expected
    assert next_working(clocks, 0, begin) == (minutes[0] if minutes else next_at_the_end(zone, schedule, clocks))


def next_at_the_end(zone: str, schedule: Schedule, clocks: Clocks) -> int:
    """The range includes its last instant, which no whole minute before it speaks for."""
    end = int(clocks.range_us[1])
    return end if is_working(zone, schedule, end) else NEVER


@settings(max_examples=examples(150), deadline=None)
@given(odd_schedules(), st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_working_time_adds_up_and_never_runs_back(drawn: tuple[str, Schedule, int], times: list[int]) -> None:
    zone, schedule, around = drawn
    clocks = clocks_of(zone, schedule, around - 2 * DAY_US, around + 2 * DAY_US)
    first, second, third = (around + one for one in times)
    assert worked(clocks, first, second) + worked(clocks, second, third) == worked(clocks, first, third)
    assert 0 <= worked(clocks, first, second) <= second - first
    assert worked(clocks, second, first) == -worked(clocks, first, second)


@settings(max_examples=examples(200), deadline=None)
@given(odd_schedules(), moments, withins, withins)
def test_due_is_the_first_instant_with_so_much_working_time(
    drawn: tuple[str, Schedule, int], offset: int, within: int, more: int
) -> None:
    zone, schedule, around = drawn
    clocks = clocks_of(zone, schedule, around - 2 * DAY_US, around + 9 * DAY_US)
    t, end = around + offset, int(clocks.range_us[1]) + 1
    due = due_at(clocks, 0, t, within)
    if due == NEVER:
        assert worked(clocks, t, end) < within
    else:
        assert worked(clocks, t, due) == within
        assert worked(clocks, t, due - 1) == within - 1
    assert due_at(clocks, 0, t, within + more) >= due
    assert due_at(clocks, 0, t + more, within) >= due
    start = next_working(clocks, 0, t)
    assert start >= t
    if start < NEVER:
        assert worked(clocks, t, start) == 0
        assert worked(clocks, start, start + 1) == 1
        assert due_at(clocks, 0, t, 1) == start + 1
    else:
        assert worked(clocks, t, end) == 0


class Questions(NamedTuple):
    """Columns of ``due_at``, and room for its answers."""

    pair: Int64s
    t: Int64s
    within: Int64s
    due: Int64s


def test_compiled_it_says_the_same() -> None:
    due = helper(due_at)

    @numba.njit(signature_of(types.void, Clocks, Questions), error_model="numpy")
    def answer(clocks: Clocks, questions: Questions) -> None:
        for k in range(questions.pair.size):
            questions.due[k] = due(clocks, questions.pair[k], questions.t[k], questions.within[k])

    holidays = frozenset(range(day("2026-03-30"), day("2026-04-06")))
    pairs = [
        ("Europe/Oslo", OFFICE),
        ("America/St_Johns", Schedule(((9_000, 10_400),), holidays)),
        ("UTC", Schedule(())),
        ("UTC", ALWAYS),
    ]
    begin, end = us("2026-03-01T00:00"), us("2026-04-12T00:00")
    clocks = build_clocks(pairs, begin, end)
    draw = np.random.default_rng(7)
    pair, t = draw.integers(0, len(pairs), 3_000), draw.integers(begin, end, 3_000)
    within = draw.integers(0, 60, 3_000) * HOUR_US
    questions = Questions(pair, t, within, np.zeros_like(t))
    answer(clocks, questions)
    rows = list(zip(pair.tolist(), t.tolist(), within.tolist(), strict=True))
    assert questions.due.tolist() == [due_at(clocks, *row) for row in rows]
    came = questions.due < NEVER
    assert came.any()
    assert not came.all()
    assert worked_between(clocks, pair[came], t[came], questions.due[came]).tolist() == within[came].tolist()


def test_the_end_of_a_block_is_still_that_block() -> None:
    clocks = clocks_of("Europe/Oslo", OFFICE, us("2026-06-01T00:00"), us("2026-07-01T00:00"))
    friday = us("2026-06-05T12:00")
    assert due_at(clocks, 0, friday, 3 * HOUR_US) == us("2026-06-05T15:00")
    assert due_at(clocks, 0, friday, 3 * HOUR_US + 1) == us("2026-06-08T07:00") + 1
    assert due_at(clocks, 0, us("2026-06-05T15:00"), 1) == us("2026-06-08T07:00") + 1
    assert due_at(clocks, 0, us("2026-06-05T07:00"), 8 * HOUR_US) == us("2026-06-05T15:00")
    assert due_at(clocks, 0, us("2026-06-06T12:00"), 8 * HOUR_US) == us("2026-06-08T15:00")
    assert next_working(clocks, 0, us("2026-06-05T15:00") - 1) == us("2026-06-05T15:00") - 1
    assert next_working(clocks, 0, us("2026-06-05T15:00")) == us("2026-06-08T07:00")


def test_a_clock_over_the_hour_that_comes_twice() -> None:
    night = Schedule(((6 * 1440, 6 * 1440 + 300),))
    clocks = clocks_of("Europe/Oslo", night, us("2026-10-20T00:00"), us("2026-11-20T00:00"))
    assert due_at(clocks, 0, us("2026-10-24T12:00"), 5 * HOUR_US) == us("2026-10-25T03:00")
    assert due_at(clocks, 0, us("2026-10-24T12:00"), 6 * HOUR_US) == us("2026-10-25T04:00")


def test_whoever_always_works_has_calendar_time_minus_holidays() -> None:
    begin = us("2026-12-01T00:00")
    pairs = [("UTC", ALWAYS), ("Europe/Oslo", Schedule(None, frozenset({day("2026-12-25"), day("2026-12-26")})))]
    clocks = build_clocks(pairs, begin, begin + 60 * DAY_US)
    assert clocks.row.tolist() == [0, 1, 3]
    assert due_at(clocks, 0, begin + 5, 17) == begin + 22
    assert due_at(clocks, 1, us("2026-12-24T22:00"), 2 * HOUR_US) == us("2026-12-27T00:00")


def test_what_takes_too_long_never_comes_however_far_the_table_reaches() -> None:
    begin = us("2026-01-05T00:00")
    rare = Schedule(((0, 60),), frozenset(range(day("2026-01-06"), day("2027-02-10"))))  # from 2027-02-15 on again
    short, long = (clocks_of("UTC", rare, begin, begin + days * DAY_US) for days in (420, 900))
    again = us("2027-02-15T00:00")
    for clocks in (short, long):
        assert due_at(clocks, 0, begin, HOUR_US) == begin + HOUR_US
        assert due_at(clocks, 0, begin, HOUR_US + 1) == NEVER
        assert due_at(clocks, 0, again + 1 - HORIZON_US, 1) == again + 1
        assert due_at(clocks, 0, again - HORIZON_US, 1) == NEVER
    assert due_at(long, 0, begin + 300 * DAY_US, 2 * HOUR_US) == again + 7 * DAY_US + HOUR_US
    never = clocks_of("UTC", Schedule(()), begin, begin + DAY_US)
    assert (due_at(never, 0, begin, 1), next_working(never, 0, begin)) == (NEVER, NEVER)
    assert worked(never, begin, begin + DAY_US) == 0
    assert due_at(never, 0, begin, 0) == begin


def test_many_rows_of_many_pairs_at_once() -> None:
    begin, end = us("2026-01-01T00:00"), us("2026-12-31T00:00")
    pairs = [(zone, OFFICE) for zone in ("UTC", "Asia/Kathmandu", "America/New_York")] + [("UTC", Schedule(()))]
    clocks = build_clocks(pairs, begin, end)
    draw = np.random.default_rng(3)
    pair, since, until = draw.integers(0, 4, 500), draw.integers(begin, end, 500), draw.integers(begin, end, 500)
    expected = [worked(clocks, int(a), int(b), int(p)) for p, a, b in zip(pair, since, until, strict=True)]
    assert worked_between(clocks, pair, since, until).tolist() == expected
    empty = np.zeros(0, dtype=np.int64)
    assert worked_between(clocks, empty, empty, empty).size == 0
    assert build_clocks([], begin, end).row.tolist() == [0]


@pytest.mark.parametrize(("pair", "begin", "end"), [(0, -1, 5), (0, 0, DAY_US + 2), (1, 0, 5), (-1, 0, 5)])
def test_what_the_clocks_do_not_know_is_refused(pair: int, begin: int, end: int) -> None:
    clocks = clocks_of("UTC", ALWAYS, 0, DAY_US)
    assert worked(clocks, 0, DAY_US + 1) == DAY_US + 1
    with pytest.raises(ValueError, match="none of these clocks"):
        worked(clocks, begin, end, pair)
    with pytest.raises(RefusedError, match="not an IANA name"):
        clocks_of("Oslo", OFFICE, 0, DAY_US)


def test_functions_for_kernels_call_nothing_of_ours() -> None:
    ours = {name for name, one in vars(module).items() if callable(one) and getattr(one, "__module__", "")}
    assert not ours & set(due_at.__code__.co_names)


def instant(text: str) -> int:
    return (datetime.fromisoformat(text).astimezone(UTC) - EPOCH) // timedelta(microseconds=1)


def clocks_of_fact(fact: WorkingTime) -> Clocks:
    def minute(text: str) -> int:
        hours, minutes = text.split(":")
        return int(hours) * 60 + int(minutes)

    blocks = [
        tuple(WEEKDAYS.index(name) * 1440 + minute(one) for one in hours.split("-"))
        for name, hours in fact.hours.items()
    ]
    schedule = Schedule(tuple(blocks), frozenset(day(one) for one in fact.holidays))
    start = instant(fact.since)
    return clocks_of(fact.zone, schedule, start - DAY_US, start + 40 * DAY_US)


@pytest.mark.parametrize("fact", working_times("deadlines"), ids=lambda one: one.name)
def test_deadlines_of_other_schedulers(fact: WorkingTime) -> None:
    clocks, start = clocks_of_fact(fact), instant(fact.since)
    if fact.minutes:
        found = due_at(clocks, 0, start, fact.minutes * MINUTE_US)
        assert worked(clocks, start, found) == fact.minutes * MINUTE_US
    else:
        # With nothing to wait for they roll on to the next working moment; our deadline would be the start itself.
        found = next_working(clocks, 0, start)
    assert found == instant(fact.due)


@pytest.mark.parametrize("fact", working_times("durations"), ids=lambda one: one.name)
def test_elapsed_times_of_other_schedulers(fact: WorkingTime) -> None:
    clocks = clocks_of_fact(fact)
    assert worked(clocks, instant(fact.since), instant(fact.until)) == fact.seconds * 1_000_000
