"""Availability: which reasons of status, weight, absence and working hours apply to each member of each pool, and when.

Belongs here: everything that keeps a member from being eligible and that does not depend on the rotation itself, as
timelines per pool. Does not belong here: skills (they depend on the item), limits and tokens (on the decisions), or
what hours and holidays are in UTC (``schedules``).

All pools are built in one pass over arrays: every interval flips its bit in the segment where it begins and again
where it ends, and a running XOR along the rows of all members gives the masks. Members of a pool who work by the same
schedule share one row more, which is then laid over their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.calendar.schedules import Pair, merge, schedule_hours
from rr_pipeline.core.model import (
    ALWAYS,
    FAR_FUTURE_US,
    FAR_PAST_US,
    REASONS,
    Absence,
    Member,
    Pause,
    Pool,
    StatusChange,
)

Int64s = npt.NDArray[np.int64]

NOT_MEMBER, INACTIVE, WEIGHT_ZERO, VACATION, HOLIDAY, OFF_HOURS, PAUSED = (
    REASONS.index(reason)
    for reason in ("not_member", "inactive", "weight_zero", "vacation", "holiday", "off_hours", "paused")
)


class Timelines(NamedTuple):
    """Masks of all members over time. A pool's segments are rows ``pool_segment[p]`` to ``pool_segment[p + 1]``.

    ``segment_us``: when each segment begins, ascending within the pool; the first one begins at the start asked for.
    ``masks``: bit i set = ``REASONS[i]`` applies; the entry of slot s in the pool's k-th segment is
    ``masks[row[s] + k]``. A slot is a member's place when the rosters of all pools are laid end to end.
    """

    segment_us: Int64s
    pool_segment: Int64s
    masks: npt.NDArray[np.uint16]
    row: Int64s


class Intervals(NamedTuple):
    """Flat arrays of equal length: row, bit of the reason, start and end (exclusive). Rows are the slots, then those
    that members share (``ScheduleRows``)."""

    row: Int64s
    bit: Int64s
    from_us: Int64s
    until_us: Int64s


class ScheduleRows(NamedTuple):
    """The rows that take hours and holidays: one for every (pool, time zone, schedule) that does not always work.

    It is the member's own where nobody shares it, else one more after all slots, which is laid over theirs.
    """

    pairs: list[Pair]
    pair: Int64s  # (schedule rows,) place in ``pairs``
    row: Int64s  # (schedule rows,)
    shared_pool: Int64s  # (shared rows,) the pool of each row after the slots
    sharing_slot: Int64s  # (slots that share,)
    shared_row: Int64s  # (slots that share,)


def inactive_intervals(changes: Iterable[StatusChange]) -> list[tuple[str, int, int]]:
    """Return (user_id, from_us, until_us) of every stretch in which a user is inactive by its status changes."""
    latest: dict[tuple[str, int], bool] = {}
    for change in changes:
        latest[change.user_id, change.at_us] = change.is_active
    ordered = sorted(latest.items())
    found: list[tuple[str, int, int]] = []
    for index, ((user, at_us), is_active) in enumerate(ordered):
        if not is_active:
            following = ordered[index + 1][0] if index + 1 < len(ordered) else ("", 0)
            found.append((user, at_us, following[1] if following[0] == user else FAR_FUTURE_US))
    return found


def _own_intervals(pools: Sequence[Pool]) -> list[tuple[int, int, int, int]]:
    """Return (slot, bit, from, until) of what the policy itself says of each member."""
    found: list[tuple[int, int, int, int]] = []
    for slot, member in enumerate(_members(pools)):
        found.append((slot, NOT_MEMBER, FAR_PAST_US, member.from_us))
        found.append((slot, NOT_MEMBER, member.until_us, FAR_FUTURE_US))
        found.extend((slot, NOT_MEMBER, from_us, until_us) for from_us, until_us in member.gone)
        if not member.is_active:
            found.append((slot, INACTIVE, FAR_PAST_US, FAR_FUTURE_US))
        if member.weight == 0:
            found.append((slot, WEIGHT_ZERO, FAR_PAST_US, FAR_FUTURE_US))
        found.extend((slot, VACATION, vacation.from_us, vacation.until_us) for vacation in member.vacations)
    return found


def _feed_intervals(
    pools: Sequence[Pool], absences: Sequence[Absence], changes: Sequence[StatusChange]
) -> list[tuple[int, int, int, int]]:
    """Return (slot, bit, from, until) of what the feeds say, for every pool the user is a member of."""
    rows: list[tuple[str, int, int, int, str | None]]
    rows = [(user, INACTIVE, start, end, None) for user, start, end in inactive_intervals(changes)]
    rows += [(one.member_id, VACATION, one.from_us, one.until_us, one.time_zone) for one in absences]
    members = [(member.member_id, slot, member.time_zone) for slot, member in enumerate(_members(pools))]
    places = pl.DataFrame(members, schema={"user": pl.String, "slot": pl.Int64, "zone": pl.String}, orient="row")
    schema = {"user": pl.String, "bit": pl.Int64, "from_us": pl.Int64, "until_us": pl.Int64, "only_in": pl.String}
    joined = pl.DataFrame(rows, schema=schema, orient="row").join(places, on="user", how="inner")
    is_there = pl.col("only_in").is_null() | (pl.col("only_in") == pl.col("zone"))
    return joined.filter(is_there).select("slot", "bit", "from_us", "until_us").rows()


def _pause_intervals(pools: Sequence[Pool], pauses: Sequence[Pause]) -> list[tuple[int, int, int, int]]:
    """Return (slot, bit, from, until) of what the operator has paused."""
    found: list[tuple[int, int, int, int]] = []
    if not pauses:
        return found
    slots = ((pool.pool_id, member.member_id) for pool in pools for member in pool.members)
    for slot, (pool_id, member_id) in enumerate(slots):
        found.extend(
            (slot, PAUSED, one.from_us, one.until_us)
            for one in pauses
            if one.pool_id in {None, pool_id} and one.member_id in {None, member_id}
        )
    return found


def _members(pools: Sequence[Pool]) -> Iterator[Member]:
    return (member for pool in pools for member in pool.members)


def gather_intervals(  # noqa: PLR0917 - what keeps members away, and when
    pools: Sequence[Pool],
    absences: Sequence[Absence],
    changes: Sequence[StatusChange],
    from_us: int,
    until_us: int,
    pauses: Sequence[Pause] = (),
) -> Intervals:
    """Return all intervals in which a reason applies, clipped to [from_us, until_us]; empty ones are dropped."""
    rows = _own_intervals(pools) + _feed_intervals(pools, absences, changes) + _pause_intervals(pools, pauses)
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    start = np.maximum(table[:, 2], from_us)
    end = np.minimum(table[:, 3], until_us + 1)
    kept = start < end
    return Intervals(table[kept, 0], table[kept, 1], start[kept], end[kept])


def schedule_rows(pools: Sequence[Pool]) -> ScheduleRows:
    """Return the rows that take hours and holidays of the members."""
    pairs: dict[Pair, int] = {}
    users: dict[tuple[int, int], list[int]] = {}
    slot_count = 0
    for place, pool in enumerate(pools):
        for slot, member in enumerate(pool.members, slot_count):
            if member.schedule != ALWAYS:
                pair = pairs.setdefault((member.time_zone, member.schedule), len(pairs))
                users.setdefault((place, pair), []).append(slot)
        slot_count += len(pool.members)
    shared = [key for key, slots in users.items() if len(slots) > 1]
    row_of = {key: slots[0] for key, slots in users.items()} | {key: slot_count + n for n, key in enumerate(shared)}
    return ScheduleRows(
        list(pairs),
        np.array([pair for _, pair in users], dtype=np.int64),
        np.array([row_of[key] for key in users], dtype=np.int64),
        np.array([place for place, _ in shared], dtype=np.int64),
        np.array([slot for key in shared for slot in users[key]], dtype=np.int64),
        np.array([row_of[key] for key in shared for _ in users[key]], dtype=np.int64),
    )


def schedule_intervals(rows: ScheduleRows, from_us: int, until_us: int) -> Intervals:
    """Return when each of these rows is off hours or on holiday over [from_us, until_us]."""
    hours = schedule_hours(rows.pairs, from_us, until_us)
    found = [
        (row, bit, spans)
        for row, pair in zip(rows.row.tolist(), rows.pair.tolist(), strict=True)
        for bit, spans in ((OFF_HOURS, hours[pair].off_hours), (HOLIDAY, hours[pair].holiday))
    ]
    counts = [spans.from_us.size for _, _, spans in found]
    empty = np.zeros(0, dtype=np.int64)
    return Intervals(
        np.repeat(np.array([row for row, _, _ in found], dtype=np.int64), counts),
        np.repeat(np.array([bit for _, bit, _ in found], dtype=np.int64), counts),
        np.concatenate([empty, *(spans.from_us for _, _, spans in found)]),
        np.concatenate([empty, *(spans.until_us for _, _, spans in found)]),
    )


def build_timelines(  # noqa: PLR0917 - what keeps members away, and when
    pools: Sequence[Pool],
    absences: Sequence[Absence],
    changes: Sequence[StatusChange],
    from_us: int,
    until_us: int,
    pauses: Sequence[Pause] = (),
) -> Timelines:
    """Return the timelines of all members of ``pools`` over [from_us, until_us].

    Raises RefusedError where a member has hours or holidays and its zone or the range is none of ``local_time``.
    """
    sizes = np.array([len(pool.members) for pool in pools], dtype=np.int64)
    rows = schedule_rows(pools)
    own = gather_intervals(pools, absences, changes, from_us, until_us, pauses)
    scheduled = schedule_intervals(rows, from_us, until_us)
    intervals = Intervals(*(np.concatenate(both) for both in zip(own, scheduled, strict=True)))
    row_pool = np.concatenate([np.repeat(np.arange(sizes.size), sizes), rows.shared_pool])
    segment_us, pool_segment, first, last = _cut(sizes.size, row_pool[intervals.row], intervals, from_us, until_us)

    # One extra column a row takes the end of intervals that never end, so that a single pass serves all rows.
    lengths = (np.diff(pool_segment) + 1)[row_pool]
    begin = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    masks = _paint(intervals.bit, begin[intervals.row] + first, begin[intervals.row] + last, int(begin[-1]))
    for slot, row in zip(rows.sharing_slot.tolist(), rows.shared_row.tolist(), strict=True):
        masks[begin[slot] : begin[slot + 1]] |= masks[begin[row] : begin[row + 1]]
    slot_count = int(sizes.sum())
    return Timelines(segment_us, pool_segment, masks[: begin[slot_count]], begin[:slot_count])


def _cut(
    pool_count: int, owner: Int64s, intervals: Intervals, from_us: int, until_us: int
) -> tuple[Int64s, Int64s, Int64s, Int64s]:
    """Return ``segment_us`` and ``pool_segment`` of the timelines, and the segments of its pool that each interval
    begins in and ends before."""
    ends = intervals.until_us <= until_us  # an interval that reaches the end closes no segment
    pool_ids = np.concatenate([np.arange(pool_count), owner, owner[ends]])
    instants = np.concatenate([np.full(pool_count, from_us), intervals.from_us, intervals.until_us[ends]])
    order = np.lexsort((instants, pool_ids))
    sorted_pools, sorted_us = pool_ids[order], instants[order]
    is_new = np.ones(order.size, dtype=np.bool_)
    is_new[1:] = (sorted_pools[1:] != sorted_pools[:-1]) | (sorted_us[1:] != sorted_us[:-1])
    segment = np.empty(order.size, dtype=np.int64)
    segment[order] = np.cumsum(is_new) - 1
    counts = np.bincount(sorted_pools[is_new], minlength=pool_count)
    pool_segment = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    last = np.diff(pool_segment)[owner]
    last[ends] = segment[pool_count + owner.size :] - pool_segment[owner[ends]]
    first = segment[pool_count : pool_count + owner.size] - pool_segment[owner]
    return sorted_us[is_new], pool_segment, first, last


def _paint(bits: Int64s, first: Int64s, last: Int64s, size: int) -> npt.NDArray[np.uint16]:
    """Return ``size`` masks in which each bit is set from its ``first`` to before its ``last``, whatever overlaps."""
    spans = merge(bits * size + first, bits * size + last)
    masks = np.zeros(size, dtype=np.uint16)
    for edges in spans:
        np.bitwise_xor.at(masks, edges % max(1, size), (1 << (edges // max(1, size))).astype(np.uint16))
    return np.bitwise_xor.accumulate(masks, out=masks)
