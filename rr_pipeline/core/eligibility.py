"""Availability: which reasons of status, weight and absence apply to each member of each pool, and when.

Belongs here: everything that keeps a member from being eligible and that does not depend on the rotation itself, as
timelines per pool. Does not belong here: skills (they depend on the item), limits and tokens (on the decisions).

All pools are built in one pass over arrays: intervals become +1 and -1 at the segments where they begin and end, and
a running sum along each member's row says how many intervals of a reason are open.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from rr_pipeline.core.model import FAR_FUTURE_US, FAR_PAST_US, REASONS, Absence, Pool, StatusChange

Int64s = npt.NDArray[np.int64]

NOT_MEMBER, INACTIVE, WEIGHT_ZERO, VACATION = (
    REASONS.index(reason) for reason in ("not_member", "inactive", "weight_zero", "vacation")
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
    """Flat arrays of equal length: slot, bit of the reason, start and end (exclusive)."""

    slot: Int64s
    bit: Int64s
    from_us: Int64s
    until_us: Int64s


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
    for slot, member in enumerate(member for pool in pools for member in pool.members):
        found.append((slot, NOT_MEMBER, FAR_PAST_US, member.from_us))
        found.append((slot, NOT_MEMBER, member.until_us, FAR_FUTURE_US))
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
    rows = [(user, INACTIVE, start, end) for user, start, end in inactive_intervals(changes)]
    rows += [(absence.member_id, VACATION, absence.from_us, absence.until_us) for absence in absences]
    members = [member.member_id for pool in pools for member in pool.members]
    places = pl.DataFrame({"user": members, "slot": range(len(members))}, schema={"user": pl.String, "slot": pl.Int64})
    schema = {"user": pl.String, "bit": pl.Int64, "from_us": pl.Int64, "until_us": pl.Int64}
    joined = pl.DataFrame(rows, schema=schema, orient="row").join(places, on="user", how="inner")
    return joined.select("slot", "bit", "from_us", "until_us").rows()


def gather_intervals(
    pools: Sequence[Pool], absences: Sequence[Absence], changes: Sequence[StatusChange], from_us: int, until_us: int
) -> Intervals:
    """Return all intervals in which a reason applies, clipped to [from_us, until_us]; empty ones are dropped."""
    rows = _own_intervals(pools) + _feed_intervals(pools, absences, changes)
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    start = np.maximum(table[:, 2], from_us)
    end = np.minimum(table[:, 3], until_us + 1)
    kept = start < end
    return Intervals(table[kept, 0], table[kept, 1], start[kept], end[kept])


def build_timelines(
    pools: Sequence[Pool], absences: Sequence[Absence], changes: Sequence[StatusChange], from_us: int, until_us: int
) -> Timelines:
    """Return the timelines of all members of ``pools`` over [from_us, until_us]."""
    sizes = np.array([len(pool.members) for pool in pools], dtype=np.int64)
    pool_of = np.repeat(np.arange(sizes.size), sizes)
    intervals = gather_intervals(pools, absences, changes, from_us, until_us)
    owner = pool_of[intervals.slot]
    ends = intervals.until_us <= until_us  # an interval that reaches the end closes no segment
    pool_ids = np.concatenate([np.arange(sizes.size), owner, owner[ends]])
    instants = np.concatenate([np.full(sizes.size, from_us), intervals.from_us, intervals.until_us[ends]])
    order = np.lexsort((instants, pool_ids))
    sorted_pools, sorted_us = pool_ids[order], instants[order]
    is_new = np.ones(order.size, dtype=np.bool_)
    is_new[1:] = (sorted_pools[1:] != sorted_pools[:-1]) | (sorted_us[1:] != sorted_us[:-1])
    segment = np.empty(order.size, dtype=np.int64)
    segment[order] = np.cumsum(is_new) - 1
    pool_segment = np.concatenate([[0], np.cumsum(np.bincount(sorted_pools[is_new], minlength=sizes.size))])

    # One extra column a row takes the -1 of intervals that never end, so that a single running sum serves all rows.
    lengths = (np.diff(pool_segment) + 1)[pool_of]
    row = np.cumsum(lengths) - lengths
    first = segment[sizes.size : sizes.size + owner.size] - pool_segment[owner]
    last = np.diff(pool_segment)[owner]
    last[ends] = segment[sizes.size + owner.size :] - pool_segment[owner[ends]]
    masks = np.zeros(int(lengths.sum()), dtype=np.uint16)
    for bit in np.unique(intervals.bit):
        own = intervals.bit == bit
        places = row[intervals.slot[own]]
        change = np.bincount(places + first[own], minlength=masks.size)
        change -= np.bincount(places + last[own], minlength=masks.size)
        masks |= ((np.cumsum(change) > 0).astype(np.uint16) << np.uint16(bit)).astype(np.uint16)
    return Timelines(sorted_us[is_new], pool_segment.astype(np.int64), masks, row)
